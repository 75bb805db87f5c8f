// Invented names: plausible, unique, nobody's.
#pragma once

#include <string>
#include <unordered_set>

#include "core/random.h"

namespace marquee::data::synth {

// Each name is given once.
class Names {
 public:
  void use(const std::string& name) { used_.insert(name); }  // it is given no more
  std::string title(RandomStream& random);                   // "The Quiet Harbour"
  std::string person(RandomStream& random);
  std::string studio(RandomStream& random);

 private:
  template <typename Invent>
  std::string first_unused(const Invent& invent);
  std::unordered_set<std::string> used_;
};

}  // namespace marquee::data::synth
