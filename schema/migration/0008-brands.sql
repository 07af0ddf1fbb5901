-- Spellings of brands that a person counted under one name (vpipe brands).
create table ops.brand_spelling (
	spelling text collate "C" primary key,
	brand text collate "C" not null
);
comment on table ops.brand_spelling is
	'a row says that listings whose brand is so spelled count under another; '
	'vpipe brands writes it, the marts read it';
