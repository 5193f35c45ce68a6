// Where documents go: standard output, or a file that appears complete or not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

namespace foldersync {

class Output {
 public:
  // Standard output where `file` is empty. Else a new file (mode 0600) that gets its name in
  // finish(), see NewFile; a terminal or the like, and what the caller has open, is written at
  // once.
  static Result<std::unique_ptr<Output>> open(const std::string& file);

  virtual ~Output() = default;
  // The name beside it that the new file has until finish(); empty: none.
  [[nodiscard]] virtual std::string temporary() const = 0;
  // Whether somebody looks at what is written.
  [[nodiscard]] virtual bool is_terminal() const = 0;
  virtual Status write(std::string_view text) = 0;
  // Without it a file does not appear.
  virtual Status finish() = 0;
};

}  // namespace foldersync
