// Runs a fuzz target on files, for compilers that have no fuzzer: `fuzz_NAME FILE-OR-FOLDER...`.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "fuzz/target.h"

namespace {

int inputs = 0;

void replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  const std::string bytes = content.str();
  // A copy on the heap has its end where the sanitizers see it.
  const std::basic_string<std::uint8_t> copy(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
  ++inputs;
}

}  // namespace

int main(int argc, char** argv) {
  for (int at = 1; at < argc; ++at) {
    if (!std::filesystem::is_directory(argv[at])) {
      replay(argv[at]);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[at])) replay(entry.path());
  }
  std::printf("%d inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
