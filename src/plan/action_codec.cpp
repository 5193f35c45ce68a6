#include "plan/action_codec.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "plan/document_tables.h"
#include "plan/spool_bytes.h"

namespace foldersync {
namespace {

// Bits of an action's first byte above phase and op, which have three each.
constexpr unsigned kOpShift = 3;
constexpr unsigned kOtherBit = 1U << 6U;
constexpr unsigned kBeforeBit = 1U << 7U;
constexpr unsigned kThreeBits = 7;

// Bits of the reasons' number above the reasons.
constexpr std::uint64_t kAfterBit = std::uint64_t{1} << 16U;

std::uint64_t reason_bits(ReasonSet reasons) {
  std::uint64_t bits = 0;
  for (const Reason reason : kReasons) {
    if (reasons.has(reason)) bits |= static_cast<std::uint64_t>(reason);
  }
  return bits;
}

// The first number of facts: the type, and above it a bit for each field that is there, in the
// order of the table.
constexpr unsigned kFirstFieldBit = 3;

void put_facts(std::string& out, const Facts& facts) {
  std::uint64_t bits = static_cast<std::uint64_t>(facts.type);
  std::string values;
  unsigned at = kFirstFieldBit;
  FactsTable::each([&]<class Field>(Field) {
    const auto& member = Field::in(facts);
    if constexpr (kIsOptional<std::remove_cvref_t<decltype(member)>>) {
      if (member) {
        bits |= std::uint64_t{1} << at;
        Field::Kind::encode(values, *member);
      }
      ++at;
    }
  });
  put_short(out, bits);
  out += values;
}

Facts take_facts(ShortReader& reader) {
  Facts facts;
  const std::uint64_t bits = reader.number();
  if ((bits & kThreeBits) > static_cast<std::uint64_t>(FileType::kBlockDevice)) reader.damaged();
  facts.type = static_cast<FileType>(bits & kThreeBits);
  unsigned at = kFirstFieldBit;
  FactsTable::each([&]<class Field>(Field) {
    auto& member = Field::in(facts);
    if constexpr (kIsOptional<std::remove_cvref_t<decltype(member)>>) {
      if ((bits >> at++ & 1U) != 0) member = Field::Kind::decode(reader);
    }
  });
  return facts;
}

RelPath take_path(ShortReader& reader, std::string_view beginning) {
  std::string whole(beginning);
  whole += reader.bytes(reader.number());
  if (!whole.empty() && !RelPath::is_path(whole)) reader.damaged();
  return reader.is_whole() ? RelPath::from_bytes(whole) : RelPath();
}

}  // namespace

void append_encoded(std::string& out, const Action& action, std::string_view previous_path) {
  const unsigned head = static_cast<unsigned>(action.phase) |
                        static_cast<unsigned>(action.op) << kOpShift |
                        (action.other ? kOtherBit : 0) | (action.before ? kBeforeBit : 0);
  out += static_cast<char>(head);
  put_short(out, reason_bits(action.reasons) | (action.after ? kAfterBit : 0));
  const std::string_view path = action.path.bytes();
  const auto same = static_cast<std::size_t>(
      std::mismatch(path.begin(), path.end(), previous_path.begin(), previous_path.end()).first -
      path.begin());
  put_short(out, std::uint64_t{same});
  put_short(out, path.substr(same));
  if (action.other) put_short(out, action.other->bytes());
  if (action.before) put_facts(out, *action.before);
  if (action.after) put_facts(out, *action.after);
}

bool take_encoded(std::string_view& bytes, std::string_view previous_path, Action& action) {
  ShortReader reader(bytes);
  const std::string_view first = reader.bytes(1);
  const unsigned head = first.empty() ? 0 : static_cast<unsigned char>(first.front());
  const std::uint64_t reasons = reader.number();
  const std::uint64_t same = reader.number();
  const unsigned phase = head & kThreeBits;
  const unsigned op = head >> kOpShift & kThreeBits;
  if (phase >= kPhases.size() || op >= kOps.size() || same > previous_path.size()) return false;
  action = {};
  action.phase = kPhases[phase];
  action.op = kOps[op];
  for (const Reason reason : kReasons) {
    if ((reasons & static_cast<std::uint64_t>(reason)) != 0) action.reasons.add(reason);
  }
  action.path = take_path(reader, previous_path.substr(0, same));
  if ((head & kOtherBit) != 0) action.other = take_path(reader, {});
  if ((head & kBeforeBit) != 0) action.before = take_facts(reader);
  if ((reasons & kAfterBit) != 0) action.after = take_facts(reader);
  bytes = reader.rest();
  return reader.is_whole();
}

}  // namespace foldersync
