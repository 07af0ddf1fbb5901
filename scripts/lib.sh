# lib.sh - what the scripts share, by subject in lib/; the programs; the settings
# shellcheck shell=sh
#
# Sourced by every script that needs the programs, a POSIX sh under `set -eu`.
# Puts the suite's programs first in PATH, checks the configuration and exports
# it.  It writes nothing.  (What runs before the build sources lib/words.sh.)

. "${0%/*}/lib/words.sh"
. "${0%/*}/lib/status.sh"
. "${0%/*}/lib/settings.sh"
. "${0%/*}/lib/folders.sh"
. "${0%/*}/lib/database.sh"
. "${0%/*}/lib/names.sh"
. "${0%/*}/lib/query.sh"
. "${0%/*}/lib/npm.sh"
. "${0%/*}/lib/quality.sh"
. "${0%/*}/lib/publish.sh"
. "${0%/*}/lib/sources.sh"
. "${0%/*}/lib/made.sh"
use_programs
configure
