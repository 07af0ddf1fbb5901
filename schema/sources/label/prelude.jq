# What a label may be.  What does not fit is as if it were not there, and the
# contract says that it is missing; scripts/label says more, before it publishes.
def picture: select(type == "string" and test("^[0-9a-f]{64}$"));
def who: select(type == "string" and test("^(human|model:[A-Za-z0-9][A-Za-z0-9_.:/@+-]{0,99})$"));
def word: select(type == "string" and length > 0 and length <= 200 and (test("[\u0000-\u001f\u007f]") | not));
