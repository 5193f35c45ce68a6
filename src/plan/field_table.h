// Lists of the fields of an object that stands in a document: which it has, where each is kept, and
// which kind of value it is. Writing, reading, the digest, the encoding in the store of actions and
// the differences that people are shown follow from such lists: facts_table.h, format/tables.h. The
// kinds are those of format/kinds.h.
//
// A new field is one line in its object's table, a member, and a row in docs/plan-format.md and in
// docs/plan-v1.schema.json (a test holds the schema against the tables).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace foldersync {

// From when a field is, and what a program that does not know it has to do.
enum class Since : std::uint8_t {
  kFirst,      // version 1.0: every document has it, or it is optional there
  kNeeded,     // a later one: who does not know it may not apply the document
  kIgnorable,  // a later one: who does not know it may go on without it
};

template <std::size_t kSize>
struct FieldName {
  char text[kSize]{};
  consteval FieldName(const char (&literal)[kSize]) {
    for (std::size_t at = 0; at < kSize; ++at) text[at] = literal[at];
  }
  [[nodiscard]] constexpr std::string_view view() const { return {text, kSize - 1}; }
};

template <class Object>
constexpr auto& reached(Object& object) {
  return object;
}
template <auto kFirst, auto... kRest, class Object>
constexpr auto& reached(Object& object) {
  auto& member = object.*kFirst;
  using Member = std::remove_cvref_t<decltype(member)>;
  if constexpr (std::is_pointer_v<Member> && std::is_class_v<std::remove_pointer_t<Member>>) {
    return reached<kRest...>(*member);
  } else {
    return reached<kRest...>(member);
  }
}

// The object itself; or a member of it, of a member of it, or of what a member points to.
template <auto... kMembers>
struct At {
  template <class Object>
  static constexpr auto& in(Object& object) {
    return reached<kMembers...>(object);
  }
};

template <FieldName kName, class Member, class KindOfValue, Since kFrom = Since::kFirst>
struct DocumentField {
  using Kind = KindOfValue;
  static constexpr std::string_view name() { return kName.view(); }
  static constexpr Since kSince = kFrom;

  template <class Object>
  static constexpr auto& in(Object& object) {
    return Member::in(object);
  }
};

template <class Member>
inline constexpr bool kIsOptional = false;
template <class Value>
inline constexpr bool kIsOptional<std::optional<Value>> = true;

// The fields of an object in the order in which they are written.
template <class... Fields>
struct FieldTable {
  // Calls visit(Field{}) for each field, in order.
  template <class Visit>
  static constexpr void each(Visit visit) {
    (visit(Fields{}), ...);
  }
};

}  // namespace foldersync
