// What a policy learned while it served, kept between two starts of the server: as an artefact in
// the folder of its state, made from the policy that it began with.
#pragma once

#include <filesystem>
#include <memory>

#include "serving/policies/served_policy.h"

namespace marquee::serving {

// The policy of a folder, with what was learned since where `state` has that. What was learned from
// another policy is left aside, and said. Throws Error as ServedPolicy.
std::shared_ptr<ServedPolicy> open_policy(const std::filesystem::path& folder,
                                          const std::filesystem::path& state,
                                          const TrustedKeys* trusted);

// Writes it where open_policy() finds it. What fails is logged.
void keep_policy(const ServedPolicy& policy, const std::filesystem::path& state);

}  // namespace marquee::serving
