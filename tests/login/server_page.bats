#!/usr/bin/env bats
# README-server.md, run step by step. All that the steps install and write lands in
# an overlay that is gone with the test; the machine stays as it is. It builds the
# whole tree once more, so it runs only when asked for: make check-server-page.

load login

setup() {
	login_setup
}

teardown() {
	login_teardown
}

# The steps of the page: blocks of "sh" without a mark, or with the one that is named.
steps() {
	awk -v mark="$1" '/^```sh/ { on = ($2 == mark); next } /^```/ { on = 0 } on' \
		"$MAYFLY_SRC/README-server.md"
}

@test "the steps of README-server.md lead to a login with TLS on port 993" {
	need_root
	[ -n "${MAYFLY_SERVER_PAGE:-}" ] || skip "it builds the tree again: make check-server-page"
	need stunnel4 stunnel4
	need xinetd xinetd
	mkdir "$T/over" "$T/build"
	cat >"$T/inside" <<-'END'
		set -eux
		mount --make-rprivate /
		mount -t tmpfs tmpfs "$T/over"
		mount -t tmpfs tmpfs /run
		for dir in usr etc var; do
			mkdir "$T/over/$dir" "$T/over/$dir.work"
			mount -t overlay overlay -o "lowerdir=/$dir,upperdir=$T/over/$dir,workdir=$T/over/$dir.work" "/$dir"
		done
		ip link set lo up
		cp -r "$MAYFLY_SRC/." "$T/build/tree" 2>/dev/null || true
		cd "$T/build/tree"
		# what would reach the network, or talk to a service manager that is not here
		apt-get() { :; }
		mayfly-passwd() { echo 'pass word' | command mayfly-passwd "$@"; }
		service() {
			case $1 in
			xinetd) xinetd -f /etc/xinetd.d/mayfly -pidfile "$T/xinetd.pid" -filelog "$T/xinetd.log" ;;
			stunnel4) install -d -o stunnel4 -g stunnel4 /run/stunnel4; stunnel4 /etc/stunnel/mayfly.conf ;;
			esac
		}
		curl() {
			until command curl -sS --max-time 20 "$@" >"$T/heard" 2>"$T/curl"; do
				[ $((tries = ${tries:-0} + 1)) -lt 50 ] || { cat "$T/curl"; return 1; }
				read -rt 0.1 <> <(:) || true
			done
		}
		useradd() { command useradd "$@" 2>&1; }
		hostname() { echo localhost; }
		mkdir -p /etc/fail2ban/filter.d /etc/fail2ban/jail.d
		source "$T/build.sh"
		sed -i 's/--user alice@example.org/--user "alice@example.org:pass word"/' "$T/steps.sh"
		source "$T/steps.sh"
		# the units of the page, as systemd would take them
		systemd-analyze verify --man=no contrib/systemd/mayfly.socket 2>&1 | grep mayfly && exit 1
		command mayfly-login --check
		mayfly-passwd check alice@example.org
		echo 'system = yes' >"$T/accounts.conf"
		command mayfly-login --config="$T/accounts.conf" --check
	END
	steps build >"$T/build.sh"
	steps '' >"$T/steps.sh"
	rm -rf "$T/build"; mkdir "$T/build"
	export T MAYFLY_SRC
	# namespaces of its own for files, network and processes: port 993 is free there, and
	# whatever the steps started ends with them
	run timeout 900 unshare --mount --net --pid --fork --kill-child bash "$T/inside"
	tail -60 <<<"$output"
	[ "$status" -eq 0 ]
	grep -q 'LIST.*INBOX' "$T/heard"
}
