// Enumerations whose values have words: one line a value, from which all else follows.
#pragma once

#include <array>
#include <cstddef>

namespace foldersync {

template <class Value>
struct Worded {
  Value value;
  const char* word;
};
template <class Value>
Worded(Value, const char*) -> Worded<Value>;

// Of any list whose elements have a value and a word.
template <class List>
constexpr auto values_of(const List& list) {
  std::array<decltype(list[0].value), std::tuple_size_v<List>> values{};
  for (std::size_t i = 0; i < list.size(); ++i) values[i] = list[i].value;
  return values;
}
template <class List, class Value>
constexpr const char* word_of(const List& list, Value value) {
  for (const auto& one : list) {
    if (one.value == value) return one.word;
  }
  return "";
}

}  // namespace foldersync
