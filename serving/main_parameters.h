// Why members see what they see, in plain language: made from the model and the configuration that
// serve, so that it cannot say anything else than what is done.
#pragma once

#include <string>
#include <vector>

#include "serving/service.h"

namespace marquee::serving {

// Sentences for members, the parameters that weigh most first.
struct MainParameters {
  std::vector<std::string> parameters;  // what decides
  std::vector<std::string> unused;      // what does not
  std::vector<std::string> choices;     // what members can change
};

MainParameters main_parameters(const ServedModel& model, const ServiceOptions& options,
                               const ServedPolicy* policy);  // null: there is none

}  // namespace marquee::serving
