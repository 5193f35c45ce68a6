// The grammar of the plan document for its reader: which fields each object has and what each may
// hold. What has a table (tables.h) has its grammar from that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "format/action_rules.h"
#include "format/digest.h"
#include "format/growth.h"
#include "format/scalar.h"
#include "plan/guard.h"
#include "plan/stored_plan.h"

namespace foldersync {

// A string that may not be UTF-8, as two fields that come in any order.
struct ByteFields {
  std::optional<std::string> text;
  std::optional<std::string> base64;
};

// How much of a plan a document holds.
enum class Extent : std::uint8_t {
  kWhole,
  kWindow,  // some actions of one, under the header of all: what the header says of the actions,
            // and what they ask of each other from window to window, is not held against them
};

// The plan so far, and the record under way.
struct Draft {
  Draft(Spooling spooling, Extent how_much) : extent(how_much) {
    plan.actions = ActionStore(std::move(spooling));
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  Extent extent;
  StoredPlan plan;
  Summary counted;             // of the actions so far
  GuardCounts guard_counts;    // likewise
  std::optional<Error> error;  // the actions can't be kept
  std::string why;             // what is wrong, where that takes more than a literal
  bool complete = false;
  std::string digest_value;

  std::uint32_t minor = 0;  // of format_version
  Announcement announced;
  std::set<std::string> unknown;  // features that are here and that this program doesn't know
  LaterFields later;              // unknown fields of the header
  LaterFields later_of_action;    // of the action under way
  LaterUses later_uses;           // of all actions

  PlanDigest digest;
  SequenceRules sequence{plan.actions};
  std::size_t phases = 0;
  bool all_undo = true;  // all actions have the reason `undo`
  bool some_undo = false;

  std::size_t listed_bytes = 0;  // about what the rules and other lists of the options hold

  ByteFields bytes;  // of an object that has a table
  ByteFields path;   // of an action
  ByteFields from;
  ByteFields to;
  Action action;
  Facts facts;
  Guard guard;
  Problem problem;
  Skipped skipped;
};

struct ObjectShape;
struct ListShape;

// Takes a value into the draft; false where it isn't what the row expects, and then the value is as
// it was.
using Take = bool (*)(Draft&, Scalar&);

// Looks at a whole object or list; says what is wrong with it, nullptr for nothing. Where that is
// no fault of the document, Draft::error is set.
using Finish = const char* (*)(Draft&);

enum class Presence : std::uint8_t { kRequired, kOptional };

// Of `take`, `object` and `list` at least one; null is a value of `take` beside an object.
struct Field {
  std::string_view name;
  Presence presence = Presence::kRequired;
  const char* expected = "";  // for people
  Take take = nullptr;
  const ObjectShape* object = nullptr;
  const ListShape* list = nullptr;
};

struct ObjectShape {
  const char* name;               // "an action"
  std::span<const Field> fields;  // at most 32
  Finish finish = nullptr;
  // Where it stands in the document, without places in lists ("guards.value"); the document itself
  // is "". Null: it gets no fields in later versions.
  const char* path = nullptr;
  // Its place in the list that the first component of `path` names; null: that is no list.
  std::uint64_t (*place)(const Draft&) = nullptr;
};

struct ListShape {
  const char* expected;  // each element
  Take take = nullptr;
  const ObjectShape* object = nullptr;
  Finish finish = nullptr;
};

// The whole document.
const ObjectShape& document_shape();

}  // namespace foldersync
