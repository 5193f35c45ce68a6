#include "format/reader.h"

#include "core/text.h"
#include "format/json_text.h"

namespace foldersync {
namespace {

// Enough of a text to recognise it by.
std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytes = 60;
  const bool is_long = text.size() > kShownBytes;
  return "\"" + escaped(text.substr(0, kShownBytes)) + (is_long ? "...\"" : "\"");
}

std::string shown(const Scalar& value) {
  switch (value.kind) {
    case Scalar::Kind::kNull:
      return "null";
    case Scalar::Kind::kBool:
      return value.on ? "true" : "false";
    case Scalar::Kind::kCount:
      return std::to_string(value.count);
    case Scalar::Kind::kOtherNumber:
      return "the number " + shown(value.text);
    case Scalar::Kind::kText:
      break;
  }
  return shown(value.text);
}

std::uint32_t bit_of(const Field& field, const ObjectShape& object) {
  return std::uint32_t{1} << static_cast<unsigned>(&field - object.fields.data());
}

// Where a later field stands: in the document without places in lists, and as the digest has it.
struct LaterField {
  std::string feature;
  std::string path;
  bool is_in_action = false;
};

LaterField place_of(const ObjectShape& object, const Draft& draft, std::string_view name) {
  constexpr std::string_view kActions = "actions";
  const std::string_view object_path = object.path;
  const std::string dot = object_path.empty() ? "" : ".";
  LaterField place;
  place.feature = std::string(object_path) + dot + std::string(name);
  place.is_in_action = object_path.starts_with(kActions);
  std::string_view rest = place.feature;
  if (place.is_in_action) {
    rest.remove_prefix(kActions.size() + 1);
  } else if (object.place != nullptr) {
    const std::size_t point = rest.find('.');
    place.path = std::string(rest.substr(0, point + 1)) + std::to_string(object.place(draft)) + ".";
    rest.remove_prefix(point + 1);
  }
  place.path += rest;
  return place;
}

}  // namespace

bool DocumentReader::refuse(std::string complaint) {
  complaint_ = std::move(complaint);
  return false;
}

// The value of the innermost level isn't what it has to be.
bool DocumentReader::refuse_value(std::string_view found) {
  const Level& level = levels_.back();
  std::string complaint = "expected ";
  if (level.object != nullptr) {
    complaint.append(level.field->expected).append(" as \"").append(level.field->name).append("\"");
  } else {
    complaint.append(level.list->expected);
  }
  return refuse(complaint.append(", found ").append(found));
}

bool DocumentReader::check(const char* broken) { return broken == nullptr || refuse(broken); }

bool DocumentReader::begin_unknown(std::string_view name) {
  Level& level = levels_.back();
  const ObjectShape& object = *level.object;
  if (object.path == nullptr || !is_field_name(name)) {
    return refuse(std::string("expected a key of ") + object.name + ", found " + shown(name));
  }
  if (!level.unknown.insert(std::string(name)).second) {
    return refuse("the key " + shown(name) + " stands here twice");
  }
  constexpr std::size_t kMostFeatures = 1024;
  level.field = nullptr;
  unknown_field_ = name;
  if (draft_.later_of_action.empty()) action_bytes_ = 0;
  draft_.unknown.insert(place_of(object, draft_, name).feature);
  return draft_.unknown.size() <= kMostFeatures ||
         refuse("more than 1024 fields are unknown to this program");
}

// What is kept of unknown values is bounded while it comes in, not when it has come.
bool DocumentReader::has_room_for(std::size_t bytes) {
  constexpr std::size_t kMostOfAction = std::size_t{1} << 20U;
  constexpr std::size_t kMostOfHeader = std::size_t{16} << 20U;
  const bool in_action = place_of(*levels_.back().object, draft_, unknown_field_).is_in_action;
  std::size_t& held = in_action ? action_bytes_ : header_bytes_;
  held += bytes;
  return held <= (in_action ? kMostOfAction : kMostOfHeader) ||
         refuse("the fields that are unknown to this program hold more than " +
                std::string(in_action ? "1 MiB in an action" : "16 MiB in the header"));
}

// Adds a value that has ended to what it stands in.
bool DocumentReader::take_unknown(LaterValue value) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
  // An element or a member costs memory beside its bytes; those of what it holds are counted.
  if (!has_room_for(value.bytes().size() + sizeof(Unknown))) return false;
  if (!unknown_.empty()) {
    Unknown& around = unknown_.back();
    if (!around.is_object) return around.elements.push_back(std::move(value)), true;
    const bool is_new = around.members.emplace(std::move(around.key), std::move(value)).second;
    return is_new || refuse("a key stands twice in an object");
  }
  const LaterField place = place_of(*levels_.back().object, draft_, unknown_field_);
  unknown_field_.clear();
  if (value.bytes().size() > kMostBytes) {
    return refuse("the value of " + shown(place.path) + " is larger than 1 MiB");
  }
  LaterFields& fields = place.is_in_action ? draft_.later_of_action : draft_.later;
  if (!value.is_default()) fields.emplace(place.path, value.bytes());
  return true;
}

bool DocumentReader::open_unknown(bool is_object) {
  constexpr std::size_t kMostLevels = 8;
  if (unknown_.size() == kMostLevels) {
    return refuse("the value of " + shown(unknown_field_) + " is nested too deeply");
  }
  unknown_.push_back({.is_object = is_object, .key = {}, .members = {}, .elements = {}});
  return true;
}

bool DocumentReader::close_unknown() {
  const Unknown ended = std::move(unknown_.back());
  unknown_.pop_back();
  return take_unknown(ended.is_object ? LaterValue::object(ended.members)
                                      : LaterValue::list(ended.elements));
}

bool DocumentReader::scalar(Scalar value) {
  if (!unknown_field_.empty()) {
    switch (value.kind) {
      case Scalar::Kind::kNull:
        return take_unknown(LaterValue());
      case Scalar::Kind::kBool:
        return take_unknown(LaterValue(value.on));
      case Scalar::Kind::kCount:
        if (value.count > kMaxJsonInteger) break;
        return take_unknown(LaterValue(value.count));
      case Scalar::Kind::kText:
        return take_unknown(LaterValue(value.text));
      case Scalar::Kind::kOtherNumber:
        break;
    }
    return refuse("expected an integer from 0 to 2^53 in " + shown(unknown_field_) + ", found " +
                  shown(value));
  }
  if (levels_.empty()) return refuse("expected a plan document, an object, found " + shown(value));
  const Level& level = levels_.back();
  const Take accept = level.object != nullptr ? level.field->take : level.list->take;
  if (accept != nullptr && accept(draft_, value)) return true;
  return draft_.why.empty() ? refuse_value(shown(value)) : refuse(draft_.why);
}

bool DocumentReader::begin_object() {
  if (!unknown_field_.empty()) return open_unknown(true);
  if (levels_.empty()) {
    levels_.push_back({&document_shape(), nullptr, nullptr, 0, {}});
    return true;
  }
  const Level& level = levels_.back();
  const ObjectShape* const shape =
      level.object != nullptr ? level.field->object : level.list->object;
  if (shape == nullptr) return refuse_value("an object");
  levels_.push_back({shape, nullptr, nullptr, 0, {}});
  return true;
}

bool DocumentReader::key(std::string_view name) {
  if (!unknown_.empty()) {
    unknown_.back().key = name;
    return is_field_name(name) || refuse("expected the name of a field, found " + shown(name));
  }
  Level& level = levels_.back();
  for (const Field& field : level.object->fields) {
    if (field.name != name) continue;
    const std::uint32_t bit = bit_of(field, *level.object);
    if ((level.seen & bit) != 0) return refuse("the key " + shown(name) + " stands here twice");
    level.seen |= bit;
    level.field = &field;
    return true;
  }
  return begin_unknown(name);
}

bool DocumentReader::end_object() {
  if (!unknown_.empty()) return close_unknown();
  const Level level = levels_.back();
  for (const Field& field : level.object->fields) {
    const bool is_missing = (level.seen & bit_of(field, *level.object)) == 0;
    if (is_missing && field.presence == Presence::kRequired) {
      return refuse(std::string("expected ") + shown(field.name) + " in " + level.object->name +
                    ", found its end");
    }
  }
  levels_.pop_back();
  return level.object->finish == nullptr || check(level.object->finish(draft_));
}

bool DocumentReader::begin_list() {
  if (!unknown_field_.empty()) return open_unknown(false);
  if (levels_.empty()) return refuse("expected a plan document, an object, found a list");
  const Level& level = levels_.back();
  const ListShape* const shape = level.object != nullptr ? level.field->list : nullptr;
  if (shape == nullptr) return refuse_value("a list");
  levels_.push_back({nullptr, shape, nullptr, 0, {}});
  return true;
}

bool DocumentReader::end_list() {
  if (!unknown_.empty()) return close_unknown();
  const Level level = levels_.back();
  levels_.pop_back();
  return level.list->finish == nullptr || check(level.list->finish(draft_));
}

}  // namespace foldersync
