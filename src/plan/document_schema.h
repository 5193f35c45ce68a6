// The grammar of the plan document as tables: which fields each object has and what each may hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "plan/action_rules.h"
#include "plan/digest.h"
#include "plan/stored_plan.h"

namespace foldersync {

// A JSON value that is no object and no list. Its text lasts as long as the event that brings it.
struct Scalar {
  enum class Kind : std::uint8_t { kNull, kBool, kCount, kOtherNumber, kText };
  Kind kind = Kind::kNull;
  bool on = false;          // kBool
  std::uint64_t count = 0;  // kCount: an integer without a sign
  std::string_view text;    // kText: its UTF-8; kOtherNumber: as it was written
};

// A string that may not be UTF-8, as two fields that come in any order.
struct ByteFields {
  std::string text;
  std::optional<std::string> base64;
};

// The plan so far, and the record under way.
struct Draft {
  explicit Draft(Spooling spooling) { plan.actions = ActionStore(std::move(spooling)); }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  StoredPlan plan;
  Summary counted;             // of the actions so far
  std::optional<Error> error;  // the actions can't be kept
  bool complete = false;
  std::string digest_value;

  PlanDigest digest;
  SequenceRules sequence{plan.actions};
  std::size_t phases = 0;

  ByteFields path;
  ByteFields target;
  std::optional<ByteFields> from;
  std::optional<ByteFields> to;
  std::string identity;
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
};

struct ListShape {
  const char* expected;  // each element
  Take take = nullptr;
  const ObjectShape* object = nullptr;
  Finish finish = nullptr;
};

// The parts of the header that have fields of their own.
extern const ObjectShape kToolShape;
extern const ObjectShape kSourceShape;
extern const ObjectShape kReplicaShape;
extern const ObjectShape kOptionsShape;
extern const ObjectShape kSummaryShape;
extern const ListShape kGuardsShape;

// The whole document.
const ObjectShape& document_shape();

}  // namespace foldersync
