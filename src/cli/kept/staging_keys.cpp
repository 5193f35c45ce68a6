#include "cli/kept/staging_keys.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "cli/console/console.h"
#include "core/parts.h"
#include "core/text.h"

namespace foldersync {
namespace {

constexpr std::string_view kForgotten = " forgotten";

std::string fact_of(const std::string& identity) { return "staging-keys " + to_base64(identity); }

StagingKey random_key() {
  StagingKey key;
  std::size_t filled = 0;
  while (filled < key.secret.size()) {
    const ssize_t count = ::getrandom(key.secret.data() + filled, key.secret.size() - filled, 0);
    if (count < 0 && errno != EINTR) std::abort();  // no system that we run on is without
    if (count > 0) filled += static_cast<std::size_t>(count);
  }
  return key;
}

}  // namespace

// A key a line, and a word after it where it is forgotten. A line that is something else, of a
// later version, say, is left out.
std::vector<MemoryStagingKeys::Known> MemoryStagingKeys::keys_in(std::string_view text) {
  std::vector<Known> keys;
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    const bool is_forgotten = line.ends_with(kForgotten);
    if (is_forgotten) line.remove_suffix(kForgotten.size());
    if (const auto key = parse_staging_key(line)) keys.push_back({*key, is_forgotten});
  }
  return keys;
}

std::string MemoryStagingKeys::text_of(const std::vector<Known>& keys) {
  std::string text;
  for (const Known& one : keys) {
    text += to_string(one.key);
    if (one.is_forgotten) text += kForgotten;
    text += '\n';
  }
  return text;
}

std::vector<MemoryStagingKeys::Known> MemoryStagingKeys::known(const std::string& identity) {
  std::string text = carried_.get(fact_of(identity));
  if (memory_ != nullptr) {
    const auto fact = memory_->fact(fact_of(identity));
    if (fact && *fact) text += **fact;
  }
  return keys_in(text);
}

void MemoryStagingKeys::set(const std::string& identity, const std::vector<Known>& keys) {
  const std::string fact = fact_of(identity);
  carried_.set(fact, memory_ == nullptr ? text_of(keys) : std::string());
  if (memory_ != nullptr) memory_->set_fact(fact, text_of(keys));
}

std::vector<StagingKey> MemoryStagingKeys::of(const std::string& identity) {
  std::vector<StagingKey> keys;
  for (const Known& one : known(identity)) {
    if (!one.is_forgotten) keys.push_back(one.key);
  }
  return keys;
}

std::vector<StagingKey> MemoryStagingKeys::below(const std::string& identity) {
  std::vector<StagingKey> keys;
  for (const Known& one : known(identity)) keys.push_back(one.key);
  return keys;
}

StagingKey MemoryStagingKeys::begin(const std::string& identity) {
  std::vector<Known> keys = known(identity);
  const std::vector<Known> before = keys;
  std::erase_if(keys, [](const Known& one) { return one.is_forgotten; });
  keys.push_back({random_key()});
  const StagingKey key = keys.back().key;
  set(identity, keys);
  const Status kept =
      memory_ != nullptr ? memory_->save() : Status(system_error("open the state", ENOENT));
  if (kept) return key;
  // Nothing of it waits to be written. The memory may be closed for what went wrong, too.
  if (memory_ != nullptr) set(identity, before);
  carried_.set(fact_of(identity), text_of({{key}}));
  if (carried_.is_first("staging keys are not kept")) {
    warnings_.push_back(
        "should this run be killed, no other could go on from it, and what it leaves would be kept "
        "as it is: the state can't be written (" +
        describe(kept.error()) + ")");
  }
  return key;
}

void MemoryStagingKeys::end(const std::string& identity, const StagingKey& key) {
  std::vector<Known> keys = known(identity);
  // Written with what else is remembered of the run. A key too many opens nothing: its folder is
  // gone.
  const auto is_key = [&](const Known& one) { return one.key == key; };
  if (std::erase_if(keys, is_key) > 0) set(identity, keys);
}

void MemoryStagingKeys::forget(const std::string& identity, const StagingKey& key) {
  std::vector<Known> keys = known(identity);
  for (Known& one : keys) one.is_forgotten = one.is_forgotten || one.key == key;
  set(identity, keys);
  // Where this fails, whatever else is remembered later takes it along.
  if (memory_ != nullptr) (void)memory_->save();
}

}  // namespace foldersync
