#include "serving/policies/policy_state.h"

#include <algorithm>

#include "core/error.h"
#include "core/log.h"
#include "core/text.h"

namespace marquee::serving {

namespace {

constexpr const char* kFolder = "policy";

bool is_made_from(const Manifest& learned, const Manifest& original) {
  return std::ranges::any_of(learned.sources, [&](const Source& source) {
    return source.kind == "policy" && source.sha256 == original.sha256;
  });
}

}  // namespace

std::shared_ptr<ServedPolicy> open_policy(const std::filesystem::path& folder,
                                          const std::filesystem::path& state,
                                          const TrustedKeys* trusted) {
  auto policy = std::make_shared<ServedPolicy>(folder, trusted);
  const auto learned = state / kFolder;
  if (!std::filesystem::exists(learned)) return policy;
  if (!is_made_from(read_manifest(learned, "policy"), policy->manifest())) {
    log::warn(cat(learned.string(), " was learned from another policy than ", folder.string(),
                  ", and is not used"));
    return policy;
  }
  policy->restore(ServedPolicy(learned));
  log::info(cat(policy->id(), " goes on with what it learned from ", policy->rewards(), " rows"));
  return policy;
}

void keep_policy(const ServedPolicy& policy, const std::filesystem::path& state) {
  if (policy.rewards() == 0) return;
  try {
    policy.save(
        state / kFolder, /*overwrite=*/true,
        {{"policy", policy.manifest().folder.filename().string(), policy.manifest().sha256}});
  } catch (const std::exception& error) {
    log::error(cat("what the policy learned could not be kept: ", error.what()));
  }
}

}  // namespace marquee::serving
