#include "core/program_name.h"

#include "core/text.h"

namespace foldersync {
namespace {

constexpr std::string_view kUsual = "sync";
constexpr std::size_t kLongestName = 255;

std::string& kept_name() {
  static std::string name(kUsual);
  return name;
}

}  // namespace

std::string name_started_as(const char* started_as) {
  std::string_view name = started_as == nullptr ? "" : started_as;
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0
  return name.empty() || name.size() > kLongestName ? std::string(kUsual) : escaped(name);
}

void set_program_name(const char* started_as) { kept_name() = name_started_as(started_as); }

const std::string& program_name() { return kept_name(); }

std::string our_command(std::string_view arguments) {
  return "'" + program_name() + " " + std::string(arguments) + "'";
}

}  // namespace foldersync
