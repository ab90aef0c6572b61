#!/bin/sh
# While packages are installed for tests, this folder comes first on dpkg's PATH, and this script
# answers in the place of the programs that its links are named after. So a package brings its files
# and users, and no service is started, stopped or enabled, whatever policy-rc.d says. It stands
# here, and not in a temporary folder, since dpkg goes on when the test run is killed.
name=${0##*/}
case $name in
  # Known to the system, as it should be, but disabled.
  update-rc.d)
    for word; do
      shift
      [ "$word" != defaults ] || word=defaults-disabled
      set -- "$@" "$word"
    done
    exec /usr/sbin/update-rc.d "$@"
    ;;
  deb-systemd-helper)
    for word; do
      shift
      [ "$word" != enable ] || word=update-state
      set -- "$@" "$word"
    done
    exec /usr/bin/deb-systemd-helper "$@"
    ;;
  # Nothing is active or enabled, and every other wish is granted.
  systemctl) case " $* " in *' is-'*) exit 3 ;; esac ;;
  # PostgreSQL's package would make a database cluster under /etc and /var.
  pg_createcluster) echo 'Not creating a cluster: tests make their own.' ;;
  *) echo "Not running $name $*: tests need no service." ;;
esac
