// Any bytes as a plan document: refused, or a plan that is the same when it is written and read
// again. Built for a fuzzer, the reader doesn't ask for the digest and the counts of the summary,
// which no mutation would get right.
#include <ctime>

#include "core/text.h"
#include "fuzz/target.h"
#include "plan/guard.h"
#include "plan/stored_plan.h"
#include "show/render.h"
#include "show/render_html.h"
#include "support/sample_plan.h"

namespace foldersync {
namespace {

void read_and_write(std::string_view text) {
  const auto plan = test::read_text(text);
  if (!plan) {
    require(plan.error().code == ErrorCode::kInvalidDocument, "a refusal has its code");
    require(is_utf8(plan.error().detail), "a refusal is text");
    return;
  }
  // The counts may be wrong where nobody looked at them.
  const std::string once = test::written(*plan);
  const auto again = test::read_text(once);
  require(bool(again), "what was accepted and written is accepted");
  require(*again == *plan, "what was accepted, written and read is the same");
  require(test::written(*again) == once, "it is written the same way");
  const ByteSink sink = [](std::string_view piece) {
    require(is_utf8(piece), "a plan for people is text");
    return success();
  };
  require(bool(render(*plan, stream_of(plan->actions), Colour::kOff, sink)), "it can be shown");
  require(bool(render_html(*plan, source_of(plan->actions), sink)), "it can be shown as a page");
}

}  // namespace
}  // namespace foldersync

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::clock_t before = std::clock();
  foldersync::read_and_write({reinterpret_cast<const char*>(data), size});
  // Of the processor's time: a fuzzer's own limit is about the clock on the wall.
  foldersync::require(std::clock() - before < CLOCKS_PER_SEC, "it takes less than a second");
  return 0;
}
