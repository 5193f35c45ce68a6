// Builds a plan from the events of a JSON parser and refuses whatever the format doesn't allow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/schema.h"

namespace foldersync {

// Takes the events of one document in order. Each event says whether the document may go on; after
// the first false complaint() says why not, and no event may follow. Fields that it doesn't know
// are taken for the digest, and refused in the end where the document does not say that they may be
// ignored. Knows nothing of the parser and nothing of line numbers. Memory: that of the plan's
// header, of its store of actions, and of SequenceRules.
class DocumentReader {
 public:
  DocumentReader(Spooling spooling, Extent extent) : draft_(std::move(spooling), extent) {}

  bool scalar(Scalar value);
  bool begin_object();
  bool key(std::string_view name);
  bool end_object();
  bool begin_list();
  bool end_list();

  // A clause for people on one line: what was expected, what was found.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

  // Where the document may be in order, but its actions can't be kept.
  [[nodiscard]] const std::optional<Error>& error() const { return draft_.error; }

  // What is known by then, as soon as all that is said of the replica was read; null before.
  [[nodiscard]] const PlanHeader* with_replica() const {
    const bool is_under_way = !levels_.empty() && levels_.front().field != nullptr &&
                              levels_.front().field->name == "replica";
    return is_under_way || draft_.plan.replica.path.empty() ? nullptr : &draft_.plan;
  }

  // Requires: the document's object has begun and ended.
  StoredPlan take() && {
    draft_.plan.digest = std::move(draft_.digest_value);
    return std::move(draft_.plan);
  }

 private:
  // An object or a list that hasn't ended.
  struct Level {
    const ObjectShape* object = nullptr;  // of the two exactly one
    const ListShape* list = nullptr;
    const Field* field = nullptr;   // the one whose value comes next; objects only
    std::uint32_t seen = 0;         // bits: the fields that were there
    std::set<std::string> unknown;  // the others
  };

  // A value that stands in a field unknown to this program, or in such a value.
  struct Unknown {
    bool is_object = false;  // else a list
    std::string key;         // whose value comes next; objects only
    std::map<std::string, LaterValue> members;
    std::vector<LaterValue> elements;
  };

  bool begin_unknown(std::string_view name);
  bool take_unknown(LaterValue value);
  bool has_room_for(std::size_t bytes);
  bool open_unknown(bool is_object);
  bool close_unknown();

  bool refuse(std::string complaint);
  bool refuse_value(std::string_view found);
  bool check(const char* broken);

  Draft draft_;
  std::vector<Level> levels_;
  std::string unknown_field_;     // whose value comes next or is under way; empty: none
  std::vector<Unknown> unknown_;  // what of it has not ended
  std::size_t header_bytes_ = 0;  // about what all unknown values of the header hold
  std::size_t action_bytes_ = 0;  // likewise of the action under way
  std::string complaint_;
};

}  // namespace foldersync
