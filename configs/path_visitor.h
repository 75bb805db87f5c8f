// Visits a configuration knowing where it is.
#pragma once

#include <algorithm>
#include <functional>
#include <string>

#include "configs/config.h"

namespace marquee::configs {

// Keeps the dotted path of the key being visited.
class PathVisitor : public FieldVisitor {
 public:
  void section(const std::string& name, const std::string& help,
               const std::function<void()>& fields) override {
    const std::string outer = prefix_;
    enter(prefix_ + name, help);
    prefix_ += name + ".";
    fields();
    prefix_ = outer;
  }

 protected:
  virtual void enter(const std::string& path, const std::string& help) = 0;
  std::string path(const std::string& name) const { return prefix_ + name; }
  size_t depth() const {
    return static_cast<size_t>(std::count(prefix_.begin(), prefix_.end(), '.'));
  }

 private:
  std::string prefix_;
};

}  // namespace marquee::configs
