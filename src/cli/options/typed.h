// What stands on a command line, before it is parsed: which command, and which of its options.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cli/options/declared.h"

namespace foldersync {

struct Typed {
  std::string unknown;  // why a word can't be meant, as a sentence; empty: all can
  const DeclaredCommand* command = nullptr;  // null: none
  // All of them, without what comes to nothing: "--quiet=false" is left out, "--quiet=true" is
  // "--quiet".
  std::vector<std::string> words;
  std::size_t command_at = 0;  // its place among the words
  // By long names, with the last value, as far as it has one, of a flag "false" where it says so;
  // folders also where they are named by their place.
  std::map<std::string, std::string> options;
  std::size_t folders_by_place = 0;
};

// `program` must outlive the answer. Pure.
Typed typed_in(const std::vector<std::string>& arguments, const DeclaredProgram& program);

}  // namespace foldersync
