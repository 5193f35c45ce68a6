// The system calls that touch files, and what their arguments mean.
#pragma once

#include <span>
#include <string_view>

namespace call_stopper {

struct FileCall {
  long number = -1;
  std::string_view name;
  // One letter for each argument: d a directory that the following name is looked up in, n a name
  // (a path), t text that is no path (what a link points to), F an open file, f flags, h the
  // address of an open_how, - anything else.
  std::string_view arguments;
};

// All that this machine's kernel headers know, in no particular order.
std::span<const FileCall> file_calls();

// nullptr where it is none of these.
const FileCall* find_file_call(long number);
const FileCall* find_file_call(std::string_view name);

}  // namespace call_stopper
