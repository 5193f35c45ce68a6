// Reading a plan document by the name that a person gave.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "plan/stored_plan.h"

namespace foldersync {

// A plan and how far its own words about where it belongs can be believed.
struct ReadPlan {
  StoredPlan plan;
  bool from_stdin = false;  // or from another descriptor of the caller's
  // Its file belongs to root or the caller, and nobody else can write it ...
  bool is_protected = false;
  // ... or put another one into its place: a name on the way that others can exchange; empty: none.
  std::string exchangeable;
  bool is_signed = false;    // as a signature says that was asked for
  std::uint64_t device = 0;  // of its file
  std::uint64_t inode = 0;
};

// Reads a regular file, found by find_named() and never by a link that has the last name, or
// standard input where `name` is "-", or another descriptor that the caller has open. Error
// kInvalidDocument where there is no plan to be read, kRefused where a link of somebody else leads
// there; an error of the spool is that.
Result<ReadPlan> read_plan_file(const std::string& name, const Spooling& spooling);

// Whether a file of this owner and mode can be written by root and the caller alone.
bool is_ours_alone(std::uint32_t owner, std::uint32_t mode);

}  // namespace foldersync
