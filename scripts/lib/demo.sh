# demo.sh - where the quickstart keeps its data, for it and for demo
# shellcheck shell=sh
#
# Sourced.  A demo never reads the machine's settings, and never its database.

# Exports VPIPE_DATA and VPIPE_CONF, and unsets all else of ours and libpq's but
# the language and the currency.
demo_folder() {
	for name in $(env | sed -n 's/^\(PG[A-Z]*\|VPIPE_[A-Z_0-9]*\)=.*/\1/p'); do
		case $name in
		VPIPE_DATA | VPIPE_BIN | VPIPE_LANGUAGE | VPIPE_CURRENCY) ;;
		*) unset "$name" ;;
		esac
	done
	if [ -n "${VPIPE_DATA:-}" ]; then
		VPIPE_DATA=$VPIPE_DATA/quickstart
	elif [ "$(id -u)" -eq 0 ]; then
		VPIPE_DATA=/var/lib/vpipe-quickstart
	else
		VPIPE_DATA=$HOME/.local/share/vpipe-quickstart
	fi
	VPIPE_CONF=/dev/null
	export VPIPE_DATA VPIPE_CONF
}
