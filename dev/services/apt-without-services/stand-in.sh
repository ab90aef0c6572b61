#!/bin/sh
# While packages are installed for tests, this folder comes first on dpkg's PATH, and this script
# replaces the programs that its links are named after. Packages then install files and users, but
# start, stop or enable no service, whatever policy-rc.d says. The script is not in a temporary
# folder, because dpkg continues when the test run is killed.
name=${0##*/}
case $name in
  # Registers services, but disabled.
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
  # Reports everything as inactive and disabled; other commands succeed without effect.
  systemctl) case " $* " in *' is-'*) exit 3 ;; esac ;;
  # PostgreSQL's package would create a cluster under /etc and /var.
  pg_createcluster) echo 'Not creating a cluster: tests create their own.' ;;
  *) echo "Not running $name $*: tests need no service." ;;
esac
