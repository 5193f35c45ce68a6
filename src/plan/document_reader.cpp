#include "plan/document_reader.h"

#include <utility>

#include "core/text.h"

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

bool DocumentReader::scalar(Scalar value) {
  if (levels_.empty()) return refuse("expected a plan document, an object, found " + shown(value));
  const Level& level = levels_.back();
  const Take accept = level.object != nullptr ? level.field->take : level.list->take;
  return (accept != nullptr && accept(draft_, value)) || refuse_value(shown(value));
}

bool DocumentReader::begin_object() {
  if (levels_.empty()) {
    levels_.push_back({&document_shape(), nullptr, nullptr, 0});
    return true;
  }
  const Level& level = levels_.back();
  const ObjectShape* const shape =
      level.object != nullptr ? level.field->object : level.list->object;
  if (shape == nullptr) return refuse_value("an object");
  levels_.push_back({shape, nullptr, nullptr, 0});
  return true;
}

bool DocumentReader::key(std::string_view name) {
  Level& level = levels_.back();
  for (const Field& field : level.object->fields) {
    if (field.name != name) continue;
    const std::uint32_t bit = bit_of(field, *level.object);
    if ((level.seen & bit) != 0) return refuse("the key " + shown(name) + " stands here twice");
    level.seen |= bit;
    level.field = &field;
    return true;
  }
  return refuse(std::string("expected a key of ") + level.object->name + ", found " + shown(name));
}

bool DocumentReader::end_object() {
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
  if (levels_.empty()) return refuse("expected a plan document, an object, found a list");
  const Level& level = levels_.back();
  const ListShape* const shape = level.object != nullptr ? level.field->list : nullptr;
  if (shape == nullptr) return refuse_value("a list");
  levels_.push_back({nullptr, shape, nullptr, 0});
  return true;
}

bool DocumentReader::end_list() {
  const Level level = levels_.back();
  levels_.pop_back();
  return level.list->finish == nullptr || check(level.list->finish(draft_));
}

}  // namespace foldersync
