// How lists are varied, as the configuration of a server says it.
#pragma once

#include "configs/server_config.h"
#include "inference/diversity/diversifier.h"

namespace marquee::serving {

inference::Diversity diversity_of(const configs::DiversityConfig& config,
                                  const configs::AnswerConfig& answer = {});

}  // namespace marquee::serving
