#include "cli/app.h"
#include "core/program_name.h"

int main(int argc, char** argv) {
  foldersync::set_program_name(argc > 0 ? argv[0] : nullptr);
  return foldersync::run_app(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
