// What a loop knows from one cycle to the next, beside the state folder.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace foldersync {

// Each cycle of a loop is a process of its own, which has what the loop knew when it began, and
// hands over what it knows when it ends.
class Carried {
 public:
  // Whether this is asked for the first time.
  bool is_first(const std::string& event);

  // Empty where nothing was set.
  [[nodiscard]] std::string get(const std::string& key) const;
  void set(const std::string& key, std::string value);

  // All of it, to be read by take().
  [[nodiscard]] std::string text() const;
  // What a cycle handed over takes the place of all this. Nothing changes where it isn't whole.
  void take(std::string_view text);

 private:
  std::map<std::string, std::string> facts_;
};

}  // namespace foldersync
