#include "core/signature.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace marquee {

namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// What `read` finds in the PEM text, one key after another, until there is none.
template <typename Read>
std::vector<Key> keys_in(const std::string& pem, Read read) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> input(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  std::vector<Key> keys;
  while (EVP_PKEY* key = read(input.get(), nullptr, nullptr, nullptr)) {
    keys.emplace_back(key, EVP_PKEY_free);
  }
  ERR_clear_error();
  return keys;
}

void require_ed25519(const std::vector<Key>& keys, const std::filesystem::path& file,
                     const char* kind, const char* command) {
  bool fits = !keys.empty();
  for (const Key& key : keys) fits = fits && EVP_PKEY_id(key.get()) == EVP_PKEY_ED25519;
  if (fits) return;
  throw Error(cat(file.string(), " must hold ", kind, " of Ed25519 in PEM and no other; `", command,
                  "` makes one"));
}

}  // namespace

std::string sign(std::string_view text, const std::filesystem::path& private_key) {
  const auto keys = keys_in(read_file(private_key), PEM_read_bio_PrivateKey);
  require_ed25519(keys, private_key, "a private key",
                  "openssl genpkey -algorithm ed25519 -out key.pem");
  const Digest context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, keys.front().get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes(text), text.size()) != 1) {
    throw system_error("OpenSSL cannot sign with Ed25519");
  }
  return signature;
}

TrustedKeys::TrustedKeys(const std::filesystem::path& file)
    : keys_(keys_in(read_file(file), PEM_read_bio_PUBKEY)) {
  require_ed25519(keys_, file, "public keys", "openssl pkey -in key.pem -pubout -out key.pub");
}

bool TrustedKeys::verify(std::string_view text, std::string_view signature) const {
  for (const Key& key : keys_) {
    const Digest context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text),
                         text.size()) == 1) {
      return true;
    }
  }
  ERR_clear_error();
  return false;
}

}  // namespace marquee
