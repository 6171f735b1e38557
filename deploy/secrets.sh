#!/bin/sh
# deploy/secrets.sh [ADDRESS [FOLDER]]: makes what compose.yaml needs and nobody else may know: the secrets of this one
# deployment in .env, and a certificate that this machine signs for itself in tls/. ADDRESS is where people will find the
# service, https://localhost:8443 if nothing is said. FOLDER is the folder of this script. What is there already stays.
set -eu
umask 077
address=${1:-https://localhost:8443}
cd "${2:-$(dirname "$0")}"

case $address in
  https://*[!/]) ;;
  *)
    echo "secrets.sh: the address has to begin with https:// and end without a slash: $address" >&2
    exit 2
    ;;
esac
if [ -e .env ]; then
  echo "secrets.sh: $PWD/.env is there already, and stays as it is: who changed its secrets would sign everybody out" >&2
  exit 1
fi

secret() {
  openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n'
}

# Outside of the list below, so that a fault of openssl ends this script.
openssl version >/dev/null
{
  echo "PUBLIC_URL=$address"
  for name in SESSION_SECRET REFRESH_SECRET METRICS_TOKEN REDIS_PASSWORD POSTGRES_PASSWORD GRAFANA_PASSWORD; do
    echo "$name=$(secret)"
  done
  # A private key (Ed25519): who verifies access tokens cannot make them. "\n" stands for the ends of its lines.
  printf "JWT_SECRET='%s'\n" "$(openssl genpkey -algorithm ed25519 | sed 's/$/\\n/' | tr -d '\n')"
} >.env.new
mv .env.new .env

if [ ! -e tls/tls.pem ]; then
  host=${address#https://}
  host=${host%%[:/]*}
  mkdir -p tls
  # For localhost, too: there the doctor can ask from this machine.
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj "/CN=$host" \
    -addext "subjectAltName=DNS:$host,DNS:localhost" -keyout tls/tls.key -out tls/tls.crt 2>/dev/null
  cat tls/tls.crt tls/tls.key >tls/tls.pem
  # The proxy runs as somebody else in its container, and reads it; on this machine the folder keeps others out.
  chmod 0444 tls/tls.pem
fi
echo "Made $PWD/.env and $PWD/tls. Next: docker compose --env-file deploy/.env up --build --detach --wait" >&2
