// The log: everything that is not a result goes to stderr, through here. Neither spdlog nor fmt is
// visible, because LibTorch ships an fmt of its own (docs/libtorch.md).
#pragma once

#include <string>
#include <string_view>

namespace marquee::log {

enum class Level { kDebug, kInfo, kWarn, kError, kOff };
enum class Format { kText, kJson };

// "debug", "info", "warn", "error" or "off"; throws Error otherwise.
Level parse_level(std::string_view name);

void configure(Level level, Format format);
void set_level(Level level);
Level level();

void debug(std::string_view message);
void info(std::string_view message);
void warn(std::string_view message);
void error(std::string_view message);

}  // namespace marquee::log
