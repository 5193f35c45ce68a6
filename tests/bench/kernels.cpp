// What the inner loops do in a second, each alone, on one thread. The data are the same every time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/hash.h"
#include "core/md5_lanes.h"
#include "core/path.h"
#include "format/json.h"
#include "plan/action.h"
#include "plan/action_codec.h"

namespace foldersync {
namespace {

constexpr std::size_t kFiles = 64;
constexpr std::size_t kFileBytes = 16'384;
constexpr std::size_t kActions = 10'000;

std::vector<std::byte> some_bytes(std::size_t count) {
  std::mt19937_64 draw(61);
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(draw());
  return bytes;
}

void md5_of_files(benchmark::State& state) {
  const auto lanes = static_cast<Md5Lanes>(state.range(0));
  if (lanes > widest_md5_lanes()) {
    state.SkipWithError("this processor has fewer lanes");
    return;
  }
  const std::vector<std::byte> bytes = some_bytes(kFiles * kFileBytes);
  std::vector<Bytes> messages;
  for (std::size_t i = 0; i < kFiles; ++i) {
    messages.push_back(Bytes(bytes).subspan(i * kFileBytes, kFileBytes));
  }
  std::vector<Md5> digests(kFiles);
  Md5Hasher hasher;
  for (auto _ : state) {
    md5_of_each(messages, digests, hasher, lanes);
    benchmark::DoNotOptimize(digests.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(md5_of_files)->ArgName("lanes")->Arg(1)->Arg(8)->Arg(16);

void compare_equal_buffers(benchmark::State& state) {
  const std::vector<std::byte> first = some_bytes(std::size_t{1} << 24U);
  const std::vector<std::byte> second = first;
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::memcmp(first.data(), second.data(), first.size()));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(first.size()));
}
BENCHMARK(compare_equal_buffers);

std::vector<Action> some_actions() {
  std::mt19937_64 draw(61);
  std::vector<Action> actions;
  for (std::size_t i = 0; i < kActions; ++i) {
    Action action;
    action.path = RelPath::from_bytes("drivers/net/directory-" + std::to_string(1000 + i / 100) +
                                      "/file-" + std::to_string(100'000 + i) + ".c");
    action.reasons = {Reason::kMissing};
    action.after.emplace();
    action.after->mode = 0644;
    action.after->size = draw() % 65'536;
    const auto second = static_cast<std::int64_t>(1'600'000'000 + draw() % 100'000'000);
    action.after->mtime = FileTime{second, static_cast<std::uint32_t>(draw() % 1'000'000'000)};
    actions.push_back(std::move(action));
  }
  return actions;
}

void count_items(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kActions));
}

void write_actions_as_json(benchmark::State& state) {
  const std::vector<Action> actions = some_actions();
  for (auto _ : state) {
    std::uint64_t seq = 0;
    for (const Action& action : actions) benchmark::DoNotOptimize(action_json(action, ++seq));
  }
  count_items(state);
}
BENCHMARK(write_actions_as_json);

void read_actions_from_json(benchmark::State& state) {
  Plan plan;
  plan.tool_version = "1.0.0";
  plan.plan_id = "01935000-0000-7000-8000-000000000000";
  plan.source.path = "/source";
  plan.replica.path = "/replica";
  plan.actions = some_actions();
  plan.summary.create = kActions;
  for (const Action& action : plan.actions) plan.summary.bytes_to_write += *action.after->size;
  std::string document;
  const Status written = write_plan(plan, [&document](std::string_view piece) {
    document += piece;
    return success();
  });
  for (auto _ : state) {
    std::string_view rest = document;
    const Result<Plan> read = read_small_plan([&rest](std::span<char> buffer) {
      const std::size_t taken = rest.copy(buffer.data(), buffer.size());
      rest.remove_prefix(taken);
      return Result<std::size_t>(taken);
    });
    if (!written.ok() || !read.ok() || read->actions.size() != kActions) {
      state.SkipWithError(read.ok() ? "other actions are read than written"
                                    : read.error().detail.c_str());
      return;
    }
  }
  count_items(state);
}
BENCHMARK(read_actions_from_json);

void encode_and_decode_actions(benchmark::State& state) {
  const std::vector<Action> actions = some_actions();
  for (auto _ : state) {
    std::string bytes, previous;
    for (const Action& action : actions) {
      append_encoded(bytes, action, previous);
      previous = action.path.bytes();
    }
    std::string_view rest = bytes;
    previous.clear();
    for (Action action; take_encoded(rest, previous, action);) previous = action.path.bytes();
    if (!rest.empty()) {
      state.SkipWithError("the actions are not decoded as they were encoded");
      return;
    }
  }
  count_items(state);
}
BENCHMARK(encode_and_decode_actions);

void sort_into_path_order(benchmark::State& state) {
  std::vector<RelPath> shuffled;
  for (const Action& action : some_actions()) shuffled.push_back(action.path);
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(62));
  for (auto _ : state) {
    std::vector<RelPath> paths = shuffled;
    std::sort(paths.begin(), paths.end());
    benchmark::DoNotOptimize(paths.data());
  }
  count_items(state);
}
BENCHMARK(sort_into_path_order);

}  // namespace
}  // namespace foldersync

BENCHMARK_MAIN();
