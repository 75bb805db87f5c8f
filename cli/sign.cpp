#include <iostream>

#include "cli/commands.h"
#include "core/artefact.h"
#include "core/text.h"

namespace marquee::cli {

void add_sign(CLI::App& app) {
  auto& command = add_command(
      app, "sign", "Sign a bundle with a private key, for servers that check who made it",
      {"openssl genpkey -algorithm ed25519 -out key.pem",
       "openssl pkey -in key.pem -pubout -out key.pub",
       "marquee sign --bundle out/bundle --key key.pem",
       "marquee serve --bundle out/bundle --trusted-keys key.pub"});
  const auto bundle = std::make_shared<std::filesystem::path>();
  const auto key = std::make_shared<std::filesystem::path>();
  command.add_option("--bundle", *bundle, "bundle folder")->required();
  command.add_option("--key", *key, "Ed25519 private key, PEM")->required();
  command.callback([bundle, key] {
    const Artefact artefact(*bundle, "bundle");
    sign_manifest(*bundle, *key);
    std::cout << cat("signed ", artefact.manifest().sha256, "\n");
  });
}

}  // namespace marquee::cli
