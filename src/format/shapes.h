// Makes the grammar of an object out of its table.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "format/schema.h"
#include "format/tables.h"

namespace foldersync {

// Where the object that is being read lies in the draft.
template <class Thing>
using Select = Thing& (*)(Draft&);

template <class Kind>
inline constexpr bool kIsBytes =
    std::is_same_v<Kind, kind::Bytes> || std::is_same_v<Kind, kind::Path>;

// NAME_b64.
template <class Field>
struct Base64Name {
  static constexpr auto kText = [] {
    constexpr std::string_view kEnd = "_b64";
    std::array<char, Field::name().size() + kEnd.size()> joined{};
    std::size_t at = 0;
    for (const char byte : Field::name()) joined[at++] = byte;
    for (const char byte : kEnd) joined[at++] = byte;
    return joined;
  }();
  static constexpr std::string_view view() { return {kText.data(), kText.size()}; }
};

// The bytes that two fields stand for. Says what is wrong; nullptr for nothing.
const char* resolve(ByteFields fields, std::string& bytes);
// The same of a path below a root.
const char* resolve(ByteFields fields, RelPath& path);

bool take_text_part(ByteFields& fields, Scalar& value);
bool take_base64_part(ByteFields& fields, Scalar& value);

// Gives the object its bytes, where its table has any.
template <class Table, class Thing>
const char* take_bytes_of(Draft& draft, Thing& object) {
  const char* broken = nullptr;
  Table::each([&]<class Row>(Row) {
    if constexpr (kIsBytes<typename Row::Kind>) {
      ByteFields fields = std::exchange(draft.bytes, {});
      auto& member = Row::in(object);
      if constexpr (kIsOptional<std::remove_reference_t<decltype(member)>>) {
        if (!fields.text && fields.base64) broken = "a base64 form is there without its text";
        if (fields.text) broken = resolve(std::move(fields), member.emplace());
      } else {
        broken = resolve(std::move(fields), member);
      }
    }
  });
  return broken;
}

template <class Row, auto kSelect>
bool take_member(Draft& draft, Scalar& value) {
  using Kind = typename Row::Kind;
  auto& member = Row::in(kSelect(draft));
  if constexpr (requires { Kind::take(value, member); }) {
    return Kind::take(value, member);
  } else {
    return Kind::take(value, member.emplace());
  }
}

template <class Row, auto kSelect>
auto& select_member(Draft& draft) {
  return Row::in(kSelect(draft));
}

// A list of bytes: strings, and objects where they are not UTF-8.

// What the lists of the options hold together is bounded while they are read.
inline bool has_room_for_element(Draft& draft, std::size_t bytes) {
  constexpr std::size_t kMostBytes = std::size_t{64} << 20U;
  draft.listed_bytes += bytes + sizeof(std::string);
  if (draft.listed_bytes <= kMostBytes) return true;
  draft.why = "the rules and other lists of the options hold more than 64 MiB";
  return false;
}

template <class Row, auto kSelect>
bool take_element(Draft& draft, Scalar& value) {
  if (value.kind != Scalar::Kind::kText || !Row::Kind::suits(value.text)) return false;
  if (!has_room_for_element(draft, value.text.size())) return false;
  Row::in(kSelect(draft)).emplace_back(value.text);
  return true;
}

template <class Row, auto kSelect>
const char* finish_element(Draft& draft) {
  std::string bytes;
  if (const char* broken = resolve(std::exchange(draft.bytes, {}), bytes)) return broken;
  if (!Row::Kind::suits(bytes)) return "a rule or a path in the source is too long or no path";
  if (!has_room_for_element(draft, bytes.size())) return draft.why.c_str();
  Row::in(kSelect(draft)).push_back(std::move(bytes));
  return nullptr;
}

inline bool take_bytes_text(Draft& draft, Scalar& value) {
  return take_text_part(draft.bytes, value);
}
inline bool take_bytes_base64(Draft& draft, Scalar& value) {
  return take_base64_part(draft.bytes, value);
}

template <class Kind>
struct ElementBase64 {
  static constexpr std::string_view name() { return Kind::element(); }
};

template <class Row, auto kSelect>
inline constexpr std::array<Field, 2> kElementFields{
    Field{Row::Kind::element(), Presence::kRequired, "a text", take_bytes_text},
    Field{Base64Name<ElementBase64<typename Row::Kind>>::view(), Presence::kRequired, "base64",
          take_bytes_base64}};
template <class Row, auto kSelect>
inline constexpr ObjectShape kElement{"an element", kElementFields<Row, kSelect>,
                                      finish_element<Row, kSelect>};
template <class Row, auto kSelect>
inline constexpr ListShape kElements{"a rule of at most 64 KiB or a relative path",
                                     take_element<Row, kSelect>, &kElement<Row, kSelect>};

template <class Row, auto kSelect>
bool take_each(Draft& draft, Scalar& value) {
  return has_room_for_element(draft, value.text.size()) &&
         Row::Kind::take_element(value, Row::in(kSelect(draft)));
}
template <class Row, auto kSelect>
inline constexpr ListShape kEachOfList{Row::Kind::kEach, take_each<Row, kSelect>};

template <class Table, auto kSelect>
struct ShapeOf;

template <class Table>
constexpr std::size_t keys_of() {
  std::size_t keys = 0;
  Table::each([&]<class Row>(Row) { keys += kIsBytes<typename Row::Kind> ? 2 : 1; });
  return keys;
}

// The keys of an object in the order of its table.
template <class Table, auto kSelect>
constexpr auto keys() {
  std::array<Field, keys_of<Table>()> fields{};
  std::size_t at = 0;
  Table::each([&]<class Row>(Row) {
    using Kind = typename Row::Kind;
    using Member = std::remove_reference_t<decltype(Row::in(kSelect(std::declval<Draft&>())))>;
    Field& field = fields[at++];
    field.name = Row::name();
    field.expected = Kind::kExpected;
    if constexpr (kIsBytes<Kind>) {
      field.take = take_bytes_text;
      fields[at++] =
          Field{Base64Name<Row>::view(), Presence::kOptional, "base64", take_bytes_base64};
      if constexpr (kIsOptional<Member>) field.presence = Presence::kOptional;
    } else if constexpr (requires { typename Kind::Table; }) {
      field.object = &ShapeOf<typename Kind::Table, &select_member<Row, kSelect>>::kShape;
    } else if constexpr (requires { Kind::element(); }) {
      field.list = &kElements<Row, kSelect>;
    } else if constexpr (requires { Kind::kEach; }) {
      field.list = &kEachOfList<Row, kSelect>;
      field.presence = Presence::kOptional;
    } else {
      field.take = take_member<Row, kSelect>;
      constexpr bool kMayBeAbsent =
          kIsOptional<Member> && !requires(Scalar & value, Member & member) {
        Kind::take(value, member);
      };
      if constexpr (kMayBeAbsent || Row::kSince != Since::kFirst) {
        field.presence = Presence::kOptional;
      }
    }
  });
  return fields;
}

// An object within another one that has a table; with a path where it may get more fields.
template <class Table>
inline constexpr const char* kPathOf = nullptr;
template <>
inline constexpr const char* kPathOf<ReplicaLimitsTable> = "options.replica_limits";
template <>
inline constexpr const char* kPathOf<GuardValueTable> = "guards.value";

inline std::uint64_t place_of_guard(const Draft& draft) { return draft.plan.guards.size(); }

template <class Table, auto kSelect>
struct ShapeOf {
  static constexpr auto kFields = keys<Table, kSelect>();
  static constexpr ObjectShape kShape{
      Table::kTitle, kFields, nullptr, kPathOf<Table>,
      std::is_same_v<Table, GuardValueTable> ? place_of_guard : nullptr};
};

}  // namespace foldersync
