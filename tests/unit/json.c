/* json.h, buf.h: what is written is what jq -c would write */
#include "json.h"
#include "test.h"

int
main(void)
{
	struct buf b = { 0 };
	struct json j;

	json_start(&j, &b);
	json_object(&j);
	json_key(&j, "a\"b");
	json_str(&j, (struct slice){ "\0\b\t\n\f\r\x1f\x7f\\/\xc3\xa9", 12 });
	json_key(&j, "list");
	json_array(&j);
	json_int(&j, INT64_MIN);
	json_raw(&j, SLICE("1.10"));
	json_object(&j);
	json_end(&j);
	json_bool(&j, true);
	json_null(&j);
	json_end(&j);
	json_key(&j, "none");
	json_cstr(&j, NULL);
	json_key(&j, "b64");
	json_array(&j);
	json_base64(&j, SLICE(""));
	json_base64(&j, SLICE("f"));
	json_base64(&j, SLICE("fo"));
	json_base64(&j, SLICE("foo"));
	json_base64(&j, SLICE("foobar"));
	json_end(&j);
	json_end(&j);
	CHECK_STR(b.data,
	    "{\"a\\\"b\":\"\\u0000\\b\\t\\n\\f\\r\\u001f\\u007f"
	    "\\\\/\xc3\xa9\",\"list\":[-9223372036854775808,1.10,{},true,"
	    "null],\"none\":null,\"b64\":[\"\",\"Zg==\",\"Zm8=\",\"Zm9v\","
	    "\"Zm9vYmFy\"]}");
	buf_release(&b);

	b = (struct buf){ .max = 10 };
	CHECK(buf_try_add(&b, "0123456789", 10));
	CHECK(!buf_try_add(&b, "x", 1));
	CHECK_STR(b.data, "0123456789");
	buf_release(&b);
	return DONE();
}
