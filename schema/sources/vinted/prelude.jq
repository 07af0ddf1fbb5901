# Conversions that the contracts of this folder share.  What is of an unexpected
# type goes through as it is, so that the property's own type refuses it aloud.

# An empty text is none.
def filled: if . == "" then null else . end;

# Words that stand where a seller named no brand.
def brand: if . == "" or . == "Desconocida" or . == "NO LABEL" then null else . end;

# [system, code] of a size whose pattern is known, else null: "XL / 42 / 14", "S / UK 8-10", "W32", "5 junior | EU 38",
# "UK 9", "36.5", "2 years / 92 cm"
def size_parts:
  if type != "string" then null
  elif split(" / ")[0] | label_one_size != null then ["one", "ONE"]
  else
    [capture("^((?<letter>X{0,4}[SL]|M|[2-9]XL)( ?/.*)?|W ?(?<waist>[0-9]{2})( .*)?|UK ?(?<uk>[0-9.,]+)|US ?(?<us>[0-9.,]+)|(?<number>[0-9]{1,2}([.,][0-9])?)|(.*[|/] ?)?EU ?(?<eu>[0-9.,]+)|(.*[^0-9])?(?<cm>[0-9]{2,3}) ?cm)$")
      | to_entries[] | select(.value != null) | [.key, (.value | sub(","; "."))]][0]
  end;
def size_system: size_parts | if . == null then null else .[0] end;
def size_code: size_parts | if . == null then null else .[1] end;

# "L · Nuovo senza cartellino", "L" or "Nuovo senza cartellino".  One text alone is a size when its pattern is known,
# else a condition: a label that is new to us is then counted as unknown.
def line_size:
  if type != "string" then . else
    split(" · ") | if length > 1 then .[:-1] | join(" · ")
    elif length == 1 and (.[0] | label_condition == null and size_parts != null) then .[0]
    else null end
  end;
def line_condition:
  if type != "string" then . else
    split(" · ") | if length > 1 then .[-1]
    elif length == 1 and .[0] != "" and (.[0] | label_condition != null or size_parts == null) then .[0]
    else null end
  end;

# [.promoted, .content_source]: either may tell
def is_promoted:
  if .[0] == null or (.[0] | type) == "boolean"
  then .[0] == true or (.[1] | type == "string" and contains("promoted"))
  else .[0] end;

# [.promoted, .content_source, the catalog that was asked]: is the hit there because it belongs there?  Only a number or
# a text names a catalog.
def belongs: (is_promoted | not) and (.[2] | type == "number" or (type == "string" and . != ""));

# seconds since 1970 as a time
def unix_time: if type == "number" then todate else . end;

def is_id: type == "number" or (type == "string" and test("^[0-9]+\\z"));
