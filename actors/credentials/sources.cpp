// Files, variables, commands.
#include "tripool/actors/credentials/sources.hpp"

#include "tripool/actors/credentials/run_command.hpp"
#include "tripool/actors/credentials/secret_file.hpp"
#include "tripool/core/credentials/command_answer.hpp"
#include "tripool/core/credentials/command_words.hpp"
#include "tripool/core/credentials/passfile.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace tripool {

namespace {

constexpr std::size_t passfile_bytes_max = 1u << 20;

/// A source with a fixed name.
class named_source : public credential_source {
public:
  explicit named_source(std::string name, source_pace pace = source_pace::cheap)
    : name_(std::move(name)), pace_(pace) {}
  std::string name() const override { return name_; }
  source_pace pace() const override { return pace_; }

protected:
  source_answer problem(const std::string& what) const { return source_answer::failure(name_ + ": " + what); }
  static source_answer password(secret x) {
    credential_material out;
    out.password = std::move(x);
    return source_answer::of(std::move(out));
  }

private:
  std::string name_;
  source_pace pace_;
};

class password_file_source final : public named_source {
public:
  explicit password_file_source(std::string path) : named_source("password-file " + path), path_(std::move(path)) {}
  source_answer fetch(const credential_subject&) override {
    auto read = read_one_secret(AT_FDCWD, path_);
    if (!read.problem.empty()) return problem(read.problem);
    return password(std::move(read.content));
  }

private:
  std::string path_;
};

class secret_directory_source final : public named_source {
public:
  secret_directory_source(std::string folder, std::string name)
    : named_source("secret-directory " + folder + ", file " + name),
      folder_(std::move(folder)),
      file_(std::move(name)) {}
  source_answer fetch(const credential_subject&) override {
    // Kubernetes points "..data" at another folder when it replaces the files; held open, the pair is of one moment.
    int at = open((folder_ + "/..data").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) at = open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (at < 0) return problem(std::strerror(errno));
    auto word = read_one_secret(at, file_);
    auto user = read_one_secret(at, "username");
    close(at);
    if (!word.problem.empty()) return problem(word.problem);
    if (!user.problem.empty() && !user.absent) return problem("username: " + user.problem);
    credential_material out;
    out.password = std::move(word.content);
    out.user = user.content.view();
    return source_answer::of(std::move(out));
  }

private:
  std::string folder_;
  std::string file_;
};

class systemd_source final : public named_source {
public:
  explicit systemd_source(std::string name) : named_source("systemd credential " + name), file_(std::move(name)) {}
  source_answer fetch(const credential_subject&) override {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr || *folder == '\0')
      return problem("CREDENTIALS_DIRECTORY is not set: the unit needs LoadCredential= or SetCredentialEncrypted=");
    auto read = read_one_secret(AT_FDCWD, std::string{folder} + '/' + file_);
    if (!read.problem.empty()) return problem(read.problem);
    return password(std::move(read.content));
  }

private:
  std::string file_;
};

/// The words of a command; a shell's where one is asked for.
std::vector<std::string> words_of(const credential_options& how) {
  if (how.command_shell) return {"/bin/sh", "-c", how.command};
  auto words = split_words(how.command);
  return words ? std::move(*words) : std::vector<std::string>{};
}

/// Arguments may hold tokens: only the program is named.
std::string command_name(const credential_options& how) {
  if (how.command_shell) return "command in a shell";
  const auto words = words_of(how);
  return "command " + (words.empty() ? std::string{"(none)"} : words.front());
}

class command_source final : public named_source {
public:
  explicit command_source(const credential_options& how)
    : named_source(command_name(how), source_pace::costly), words_(words_of(how)), limit_(how.command_timeout) {}
  source_answer fetch(const credential_subject& whom) override {
    if (words_.empty()) return problem("it is not a command: see credential-command in docs/configuration.md");
    auto run = run_command(words_,
                           {{"TRIPOOL_POOL", whom.pool},
                            {"TRIPOOL_HOST", whom.host},
                            {"TRIPOOL_PORT", std::to_string(whom.port)},
                            {"TRIPOOL_DBNAME", whom.dbname},
                            {"TRIPOOL_USER", whom.user}},
                           limit_, command_output_max);
    if (!run.problem.empty()) return problem(run.problem);
    auto read = read_command_answer(run.output.view(), std::chrono::system_clock::now());
    if (!read) return problem(read.error());
    return source_answer::of(std::move(*read));
  }

private:
  std::vector<std::string> words_;
  duration limit_;
};

class literal_source final : public named_source {
public:
  explicit literal_source(secret x) : named_source("configuration", source_pace::fixed), password_(std::move(x)) {}
  source_answer fetch(const credential_subject&) override { return password(password_.duplicate()); }

private:
  secret password_;
};

class environment_source final : public named_source {
public:
  explicit environment_source(std::string variable)
    : named_source("environment " + variable, source_pace::fixed), variable_(std::move(variable)) {}
  source_answer fetch(const credential_subject&) override {
    const char* text = std::getenv(variable_.c_str());
    if (text == nullptr || *text == '\0') return source_answer::none();
    if (const auto fault = secret_fault(text); !fault.empty()) return problem(fault);
    return password(secret::copy_of(text));
  }

private:
  std::string variable_;
};

/// libpq's own place for the passfile; empty when nobody says where home is.
std::string default_passfile() {
  if (const char* named = std::getenv("PGPASSFILE"); named != nullptr && *named != '\0') return named;
  const char* home = std::getenv("HOME");
  return home == nullptr || *home == '\0' ? std::string{} : std::string{home} + "/.pgpass";
}

class passfile_source final : public named_source {
public:
  passfile_source(std::string path, bool required)
    : named_source("passfile " + path), path_(std::move(path)), required_(required) {}
  source_answer fetch(const credential_subject& whom) override {
    const auto read = read_secret_file(AT_FDCWD, path_, passfile_bytes_max);
    if (read.absent && !required_) return source_answer::none();
    if (!read.problem.empty()) return refuse(read.problem);
    if ((read.about.st_mode & (S_IRWXG | S_IRWXO)) != 0) return refuse("others may read it: chmod 600 " + path_);
    auto found = find_in_passfile(read.content.view(), {whom.host, whom.port, whom.dbname, whom.user});
    if (found) return password(std::move(*found));
    if (!required_) return source_answer::none();
    return problem("it has no entry for host " + whom.host + ", port " + std::to_string(whom.port) + ", database "
                   + whom.dbname + ", user " + whom.user);
  }

private:
  /// A file that nobody asked for is not missed, but that it cannot be used is said.
  source_answer refuse(const std::string& what) const {
    auto out = problem(what);
    if (!required_) out.what = source_answer::kind::nothing;
    return out;
  }

  std::string path_;
  bool required_;
};

} // namespace

source_ptr make_password_file_source(std::string path) {
  return std::make_shared<password_file_source>(std::move(path));
}

source_ptr make_secret_directory_source(std::string folder, std::string name) {
  return std::make_shared<secret_directory_source>(std::move(folder), std::move(name));
}

source_ptr make_systemd_source(std::string name) {
  return std::make_shared<systemd_source>(std::move(name));
}

source_ptr make_command_source(const credential_options& how) {
  return std::make_shared<command_source>(how);
}

source_ptr make_literal_source(secret password) {
  return std::make_shared<literal_source>(std::move(password));
}

source_ptr make_environment_source(std::string variable) {
  return std::make_shared<environment_source>(std::move(variable));
}

source_ptr make_passfile_source(std::string path) {
  const bool required = !path.empty();
  if (!required) path = default_passfile();
  return std::make_shared<passfile_source>(std::move(path), required);
}

} // namespace tripool
