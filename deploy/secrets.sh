#!/bin/sh
# Makes ./secrets for docker-compose.yml: every secret at random, once; a file that is there stays as it is.
#
# Only the folder is closed to others: the files are mounted into containers, whose users must be able to read them.
# tls.crt and tls.key are for trying Vitrine on this machine: replace them by the certificate of your domain.
set -eu
cd "$(dirname "$0")/.."
command -v openssl >/dev/null || { echo "secrets.sh needs openssl: install it (Debian: apt-get install openssl)." >&2; exit 1; }
mkdir -p secrets
chmod 700 secrets
cd secrets

# Whole or not at all: a file that was cut would be taken for the secret the next time.
keep() {
    if [ -e "$1" ]; then return; fi
    printf '%s\n' "$2" > "$1.part"
    chmod 644 "$1.part"
    mv "$1.part" "$1"
    echo "made secrets/$1"
}

random() { openssl rand -hex 32; }

keep postgres_password "$(random)"
keep database_url "postgresql+psycopg://vitrine:$(cat postgres_password)@postgres:5432/vitrine"
keep broker.conf "requirepass $(random)"
keep broker_url "redis://:$(cut -d' ' -f2 broker.conf)@broker:6379/0"
keep secret_key "$(random)"
keep admin_key "vt_live_$(openssl rand -hex 16)_$(random)"

if [ ! -e tls.crt ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout tls.key -out tls.part 2>/dev/null
    chmod 644 tls.key
    mv tls.part tls.crt
    echo "made secrets/tls.crt, which browsers will not trust: replace it and tls.key by your domain's"
fi
