// How lists are made, as the configuration of a server says it.
#pragma once

#include "configs/server_config.h"
#include "inference/diversity/diversifier.h"
#include "inference/user.h"

namespace marquee::serving {

inference::Diversity diversity_of(const configs::DiversityConfig& config,
                                  const configs::AnswerConfig& answer = {});

// Which titles of a history are answered again.
inference::SeenRules seen_rules(const configs::SeenConfig& config);

}  // namespace marquee::serving
