// Where documents go: standard output, or a file that appears complete or not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

namespace foldersync {

class Output {
 public:
  // Standard output where `file` is empty. Else a new file beside it (mode 0600) that takes its
  // name in finish(); a file that is no regular one (a device, say) is written directly.
  static Result<std::unique_ptr<Output>> open(const std::string& file);

  virtual ~Output() = default;
  // What the new file is called until finish(); empty where there is none.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Whether somebody looks at what is written.
  [[nodiscard]] virtual bool is_terminal() const = 0;
  virtual Status write(std::string_view text) = 0;
  // Without it a file does not appear.
  virtual Status finish() = 0;
};

}  // namespace foldersync
