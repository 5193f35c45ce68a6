// The kinds of value that a plan document has: what each looks like, in every form. A kind has
//
//   kExpected               what a complaint says that it should be
//   write(out, key, value)  as JSON
//   take(scalar, value)     the inverse; false where it isn't one in its only spelling
//   hash(out, value)        as the digest has it
//   later(value)            the same of a field that came after version 1.0
//   text(value)             for people
//
// or, where it is no scalar, what shapes.h makes of it. Absence is no kind: members that
// may be absent are optional.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "format/digest_bytes.h"
#include "format/errno_name.h"
#include "format/json_text.h"
#include "format/values.h"
#include "plan/facts.h"
#include "plan/facts_table.h"
#include "plan/plan.h"

namespace foldersync {
// Of tables.h.
template <class Table, class Thing>
void write_object(std::string& out, const Thing& object);
template <class Table, class Thing>
void hash_fields(std::string& out, const Thing& object);
}  // namespace foldersync

namespace foldersync::kind {

struct Switch {
  static constexpr const char* kExpected = "true or false";
  static void write(std::string& out, std::string_view key, bool value) {
    append_switch(out, key, value);
  }
  static bool take(Scalar& scalar, bool& value) { return take_bool(scalar, value); }
  static void hash(std::string& out, bool value) { bytes::put_flag(out, value); }
  static LaterValue later(bool value) { return LaterValue(value); }
};

// Numbers are numbers in every form, but in a JSON of more than 2^53.
struct AsNumber {
  static void write(std::string& out, std::string_view key, std::uint64_t value) {
    append_count(out, key, value);
  }
  static void hash(std::string& out, std::uint64_t value) { bytes::put_number(out, value); }
  static std::string text(std::uint64_t value) { return std::to_string(value); }
};

// What documents and the digest have as people see it.
template <class Kind, class Value>
struct AsText {
  static void write(std::string& out, std::string_view key, const Value& value) {
    append_text(out, key, Kind::text(value));
  }
  static void hash(std::string& out, const Value& value) {
    bytes::put_text(out, Kind::text(value));
  }
};

// A count or a size, of any width.
struct Count : AsNumber {
  static constexpr const char* kExpected = "a count or a size in bytes";
  static bool take(Scalar& scalar, std::uint64_t& value) { return take_large(scalar, value); }
  static LaterValue later(std::uint64_t value) {
    return value <= kMaxJsonInteger ? LaterValue(value) : LaterValue(text(value));
  }
};

// An id or a number of names; action_rules.h has the bounds.
struct Small : AsNumber {
  static constexpr const char* kExpected = "an integer from 0 to 4294967295";
  static bool take(Scalar& scalar, std::uint32_t& value) { return take_small(scalar, value); }
  static LaterValue later(std::uint32_t value) { return LaterValue(std::uint64_t{value}); }
};

// Ids, ascending, each once.
struct Ids {
  static constexpr const char* kExpected = "a list";
  static constexpr const char* kEach = "an integer from 0 to 4294967295, above those before it";
  static void write(std::string& out, std::string_view key, const std::vector<std::uint32_t>& ids) {
    append_key(out, key);
    out += '[';
    for (const std::uint32_t id : ids) {
      if (out.back() != '[') out += ',';
      append_json_number(out, id);
    }
    out += ']';
  }
  static bool take_element(Scalar& scalar, std::vector<std::uint32_t>& ids) {
    std::uint32_t id = 0;
    if (!Small::take(scalar, id) || (!ids.empty() && ids.back() >= id)) return false;
    ids.push_back(id);
    return true;
  }
  static LaterValue later(const std::vector<std::uint32_t>& ids) {
    std::vector<LaterValue> elements;
    for (const std::uint32_t id : ids) elements.emplace_back(std::uint64_t{id});
    return LaterValue::list(elements);
  }
};

// Names of entries, which are printable ASCII.
struct Names {
  static constexpr const char* kExpected = "a list";
  static constexpr const char* kEach = "a name of printable ASCII without '/'";
  static void write(std::string& out, std::string_view key, const std::vector<std::string>& names) {
    append_key(out, key);
    out += '[';
    for (const std::string& name : names) {
      if (out.back() != '[') out += ',';
      append_json_string(out, name);
    }
    out += ']';
  }
  static bool take_element(Scalar& scalar, std::vector<std::string>& names) {
    return take_ascii(scalar, names.emplace_back()) && is_name(names.back());
  }
  static LaterValue later(const std::vector<std::string>& names) {
    std::vector<LaterValue> elements;
    for (const std::string& name : names) elements.emplace_back(std::string_view(name));
    return LaterValue::list(elements);
  }
  static std::string text(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    return all;
  }
};

// Of times, in nanoseconds.
struct Granularity : AsNumber {
  static constexpr const char* kExpected = "nanoseconds, 1 to 1000000000";
  static bool take(Scalar& scalar, std::uint32_t& value) {
    return take_small(scalar, value) && value >= 1 && value <= 1'000'000'000;
  }
};

struct Time : AsText<Time, FileTime> {
  static constexpr const char* kExpected = "a time";
  static bool take(Scalar& scalar, FileTime& value) { return take_time(scalar, value); }
  static void hash(std::string& out, FileTime value) { bytes::put_time(out, value); }
  static std::string text(FileTime value) { return to_string(value); }
};

struct Mode : AsText<Mode, std::uint32_t> {
  static constexpr const char* kExpected = "a mode of four octal digits";
  static bool take(Scalar& scalar, std::uint32_t& value) { return take_mode(scalar, value); }
  static void hash(std::string& out, std::uint32_t value) { bytes::put_number(out, value); }
  static std::string text(std::uint32_t value) { return mode_text(value); }
};

struct Device : AsText<Device, std::uint64_t> {
  static constexpr const char* kExpected = "a device number, MAJOR:MINOR";
  static bool take(Scalar& scalar, std::uint64_t& value) { return take_device(scalar, value); }
  static std::string text(std::uint64_t value) { return device_text(value); }
};

struct Md5Digits : AsText<Md5Digits, Md5> {
  static constexpr const char* kExpected = "32 lower-case hexadecimal digits";
  static bool take(Scalar& scalar, Md5& value) { return take_md5(scalar, value); }
  static void hash(std::string& out, const Md5& value) {
    bytes::put_text(out, {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
  }
  static std::string text(const Md5& value) { return to_string(value); }
};

// One word of several: `kWords` lists the values that to_string() names.
template <auto kWords>
struct Word : AsText<Word<kWords>, typename decltype(kWords)::value_type> {
  using Value = typename decltype(kWords)::value_type;
  static constexpr const char* kExpected = "a word that docs/plan-format.md lists";
  static bool take(Scalar& scalar, Value& value) { return take_word(scalar, kWords, value); }
  static std::string text(Value value) { return to_string(value); }
};
inline constexpr std::array kSides{Side::kSource, Side::kReplica};

struct Verdict : AsText<Verdict, bool> {
  static constexpr const char* kExpected = "\"ok\" or \"refused\"";
  static bool take(Scalar& scalar, bool& refused) {
    refused = is_text(scalar, text(true));
    return refused || is_text(scalar, text(false));
  }
  static void hash(std::string& out, bool refused) { bytes::put_flag(out, refused); }
  static const char* text(bool refused) { return refused ? "refused" : "ok"; }
};

struct Errno : AsText<Errno, int> {
  static constexpr const char* kExpected = "the name of an error";
  static bool take(Scalar& scalar, int& value) { return take_errno(scalar, value); }
  static std::string text(int value) { return errno_name(value); }
};

struct Ascii : AsText<Ascii, std::string> {
  static constexpr const char* kExpected = "printable ASCII of at most 255 bytes";
  static bool take(Scalar& scalar, std::string& value) { return take_ascii(scalar, value); }
  static LaterValue later(const std::string& value) { return LaterValue(std::string_view(value)); }
  static const std::string& text(const std::string& value) { return value; }
};

// "12" or "50%".
struct LimitText : AsText<LimitText, Limit> {
  static constexpr const char* kExpected = "a limit, such as \"12\" or \"50%\",";
  static bool take(Scalar& scalar, Limit& value) { return take_limit(scalar, value); }
  static std::string text(Limit value) { return to_string(value); }
};

// "1000:100", "1000" or ":100".
struct Owners : AsText<Owners, OwnerChange> {
  static constexpr const char* kExpected = "\"UID:GID\", \"UID\" or \":GID\"";
  static bool take(Scalar& scalar, OwnerChange& value) { return take_owners(scalar, value); }
  static LaterValue later(const OwnerChange& value) {
    return LaterValue(std::string_view(text(value)));
  }
  static std::string text(const OwnerChange& value) { return to_string(value); }
};

// "D755,F644".
struct ModeRules : AsText<ModeRules, ModeChange> {
  static constexpr const char* kExpected = "a change of modes that depends on no umask";
  static bool take(Scalar& scalar, ModeChange& value) { return take_mode_rules(scalar, value); }
  static LaterValue later(const ModeChange& value) {
    return LaterValue(std::string_view(value.text()));
  }
  static const std::string& text(const ModeChange& value) { return value.text(); }
};

// Another kind, or null; of members that are optional and fields that are always there.
template <class Kind>
struct OrNull {
  static constexpr const char* kExpected = Kind::kExpected;
  template <class Value>
  static void write(std::string& out, std::string_view key, const std::optional<Value>& value) {
    if (value) return Kind::write(out, key, *value);
    append_null(out, key);
  }
  template <class Value>
  static bool take(Scalar& scalar, std::optional<Value>& value) {
    return scalar.kind == Scalar::Kind::kNull || Kind::take(scalar, value.emplace());
  }
  template <class Value>
  static void hash(std::string& out, const std::optional<Value>& value) {
    bytes::put_flag(out, value.has_value());
    if (value) Kind::hash(out, *value);
  }
};

// Any bytes, in two fields: NAME, and NAME_b64 where they are not UTF-8. An object has one such
// field at most; shapes.h puts its two parts together.
struct Bytes {
  static constexpr const char* kExpected = "a text";
  static void write(std::string& out, std::string_view key, std::string_view value) {
    append_bytes(out, key, value);
  }
  static void hash(std::string& out, std::string_view value) { bytes::put_text(out, value); }
  static std::string text(std::string_view value) { return escaped(value); }
};

// A path below a root in that form.
struct Path {
  static constexpr const char* kExpected = "a path";
  static void write(std::string& out, std::string_view key, const RelPath& value) {
    append_path(out, key, value);
  }
  static void hash(std::string& out, const RelPath& value) { bytes::put_text(out, value.shown()); }
};

// A list of bytes; `kElement` is the key of an element that is not UTF-8 and thus an object, and
// kSuits says which bytes may be one.
template <FieldName kElement, bool (*kSuits)(std::string_view)>
struct ByteList {
  static constexpr const char* kExpected = "a list";
  static constexpr std::string_view element() { return kElement.view(); }
  static bool suits(std::string_view value) { return kSuits(value); }
  static void write(std::string& out, std::string_view key,
                    const std::vector<std::string>& values) {
    append_byte_strings(out, key, element(), values);
  }
  static void hash(std::string& out, const std::vector<std::string>& values) {
    bytes::put_texts(out, values);
  }
};

// An object with a table of its own.
template <class TableOfObject>
struct Object {
  using Table = TableOfObject;
  static constexpr const char* kExpected = "an object";
  template <class Thing>
  static void write(std::string& out, std::string_view key, const Thing& object) {
    append_key(out, key);
    write_object<Table>(out, object);
  }
  template <class Thing>
  static void hash(std::string& out, const Thing& object) {
    hash_fields<Table>(out, object);
  }
};

// The words of an action's reasons.
struct Reasons {
  static void write(std::string& out, std::string_view key, ReasonSet reasons) {
    append_texts(out, key, words_of(reasons));
  }
  static void hash(std::string& out, ReasonSet reasons) {
    bytes::put_texts(out, words_of(reasons));
  }
};

// The other path of an action where it is called so: "to" (kTo), or "from".
template <Other kOther>
struct OtherPath {
  static void write(std::string& out, std::string_view key, const Action& action) {
    if (is_there(action)) append_path(out, key, *action.other);
  }
  static void hash(std::string& out, const Action& action) {
    bytes::put_flag(out, is_there(action));
    if (is_there(action)) Path::hash(out, *action.other);
  }

 private:
  static bool is_there(const Action& action) {
    return action.other && (traits_of(action.op).other == Other::kTo) == (kOther == Other::kTo);
  }
};

}  // namespace foldersync::kind
