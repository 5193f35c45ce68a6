// What the service manager (systemd) is told of a run that it has started: the one file pair that
// knows its library.
#pragma once

#include <optional>
#include <string>

namespace foldersync {

// Says nothing where no manager listens (NOTIFY_SOCKET), and waits for one that takes nothing no
// longer than a tenth of a second a message. What this process forks has no say.
// Requires: there is one thread whenever something is said.
class Service {
 public:
  Service();

  [[nodiscard]] bool listens() const { return listens_; }
  // How long alive() may be missing, in seconds, before the manager ends the program; nothing: it
  // does not watch.
  [[nodiscard]] std::optional<double> patience() const { return patience_; }

  void ready();
  // Between the two, what is open is opened again.
  void reloading();
  void reloaded() { ready(); }
  void stopping();
  void alive();
  // A line for people. Nothing is sent where it was the last one said.
  void status(const std::string& line);

  // What a program that is started for others has in its environment is not what was meant for us.
  static void hide_from_programs();

 private:
  void send(const std::string& message) const;

  bool listens_;
  std::optional<double> patience_;
  std::string status_;
};

}  // namespace foldersync
