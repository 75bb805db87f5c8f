#include "inference/open_bundle.h"

#include "inference/golden.h"

namespace marquee::inference {

std::shared_ptr<const Bundle> open_bundle(const std::filesystem::path& folder,
                                          const std::string& device, const TrustedKeys* trusted) {
  auto bundle = std::make_shared<const Bundle>(folder, device, trusted);
  check_golden(*bundle);
  return bundle;
}

}  // namespace marquee::inference
