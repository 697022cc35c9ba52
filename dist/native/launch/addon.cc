// The launcher as a Node addon: the interface of src/probe/addon.ts. It only converts values
// between JavaScript and native/launch.
#include <memory>
#include <set>
#include <string>

#include <napi.h>

#include "cpu_times.h"
#include "launch.h"

// libuv is part of Node. Its headers are not among those that we compile with, so it is declared
// here.
extern "C" const char *uv_err_name(int error);

namespace {

/** Running launches. Only the JavaScript thread uses this. */
using Cancellations = std::set<std::shared_ptr<launch::Cancellation>>;

Napi::Error toError(Napi::Env env, const launch::SystemError &failure) {
    const Napi::Error error = Napi::Error::New(env, failure.what());
    error.Set("code", Napi::String::New(env, uv_err_name(-failure.code().value())));
    error.Set("syscall", Napi::String::New(env, failure.syscall));
    return error;
}

// The operating system ends strings at a NUL, so a text with one would run another command.
std::string toText(const Napi::Value &value) {
    std::string text = value.As<Napi::String>().Utf8Value();
    if (text.find('\0') != std::string::npos)
        throw Napi::TypeError::New(value.Env(), "a command line cannot hold a NUL character");
    return text;
}

std::vector<std::string> toArgv(const Napi::Array &words) {
    std::vector<std::string> argv;
    for (uint32_t i = 0; i < words.Length(); ++i)
        argv.push_back(toText(words.Get(i)));
    if (argv.empty())
        throw Napi::TypeError::New(words.Env(), "a command line has at least one word");
    return argv;
}

std::vector<std::string> toEnvironment(const Napi::Object &variables) {
    std::vector<std::string> environment;
    const Napi::Array names = variables.GetPropertyNames();
    for (uint32_t i = 0; i < names.Length(); ++i) {
        const Napi::Value name = names.Get(i);
        environment.push_back(toText(name) + "=" + toText(variables.Get(name)));
    }
    return environment;
}

launch::Request toRequest(const Napi::Object &value) {
    launch::Request request;
    request.argv = toArgv(value.Get("argv").As<Napi::Array>());
    request.env = toEnvironment(value.Get("env").As<Napi::Object>());
    request.cpu = value.Get("cpu").As<Napi::Number>().Int32Value();
    request.deadline =
        std::chrono::milliseconds(value.Get("deadlineMs").As<Napi::Number>().Int64Value());
    const Napi::Value grace = value.Get("graceMs");
    if (!grace.IsUndefined())
        request.grace = std::chrono::milliseconds(grace.As<Napi::Number>().Int64Value());
    const Napi::Value folder = value.Get("folder");
    if (!folder.IsUndefined())
        request.folder = toText(folder);
    request.memory = toText(value.Get("results")) == "memory";
    const Napi::Value input = value.Get("input");
    if (!input.IsUndefined())
        request.input = input.As<Napi::String>().Utf8Value();
    return request;
}

// The buffer is a view of the mapping, no copy. The mapping goes when the buffer is collected.
Napi::Value toBuffer(Napi::Env env, const launch::Bytes &bytes) {
    if (bytes.size == 0)
        return Napi::Buffer<char>::New(env, 0);
    auto owner = std::make_unique<std::shared_ptr<void>>(bytes.owner);
    const auto buffer = Napi::Buffer<char>::New(
        env, bytes.data, bytes.size,
        [](Napi::BasicEnv, char *, std::shared_ptr<void> *held) { delete held; }, owner.get());
    (void)owner.release(); // the buffer owns it now
    return buffer; // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): its finalizer deletes it
}

Napi::Object toResult(Napi::Env env, const launch::Outcome &outcome) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("results", toBuffer(env, outcome.results));
    result.Set("truncated", outcome.truncated);
    result.Set("stderr", outcome.stderrTail);
    result.Set("exitCode", outcome.exitCode);
    result.Set("signal", outcome.signal);
    result.Set("timedOut", outcome.timedOut);
    result.Set("cancelled", outcome.cancelled);
    const auto setNumber = [&](const char *name, int64_t value) {
        result.Set(name, static_cast<double>(value));
    };
    setNumber("wallNs", outcome.wallNs);
    setNumber("userNs", outcome.userNs);
    setNumber("systemNs", outcome.systemNs);
    setNumber("stolenNs", outcome.stolenNs);
    setNumber("voluntarySwitches", outcome.voluntarySwitches);
    setNumber("involuntarySwitches", outcome.involuntarySwitches);
    return result;
}

/**
 * Runs one launch on a thread of libuv's pool. The kernel sends a child's parent-death signal when
 * the *thread* that started it ends (prctl(2)). libuv's threads live as long as Node, so here that
 * is Node's end.
 */
class LaunchWorker : public Napi::AsyncWorker {
  public:
    LaunchWorker(Napi::Promise::Deferred deferred, launch::Request request,
                 std::shared_ptr<Cancellations> underWay)
        : AsyncWorker(deferred.Env(), "launch"), deferred_(deferred), request_(std::move(request)),
          underWay_(std::move(underWay)), cancellation_(std::make_shared<launch::Cancellation>()) {
        underWay_->insert(cancellation_);
    }
    ~LaunchWorker() override {
        underWay_->erase(cancellation_);
    }

  protected:
    void Execute() override {
        try {
            outcome_ = launch::run(request_, *cancellation_);
        } catch (const launch::SystemError &failure) {
            failure_ = std::make_unique<launch::SystemError>(failure);
        }
    }
    void OnOK() override {
        if (failure_ == nullptr)
            deferred_.Resolve(toResult(Env(), outcome_));
        else
            deferred_.Reject(toError(Env(), *failure_).Value());
    }
    void OnError(const Napi::Error &error) override {
        deferred_.Reject(error.Value());
    }

  private:
    const Napi::Promise::Deferred deferred_;
    const launch::Request request_;
    const std::shared_ptr<Cancellations> underWay_;
    const std::shared_ptr<launch::Cancellation> cancellation_;
    launch::Outcome outcome_;
    std::unique_ptr<launch::SystemError> failure_;
};

Napi::Value startLaunch(const Napi::CallbackInfo &info, std::shared_ptr<Cancellations> underWay) {
    const auto deferred = Napi::Promise::Deferred::New(info.Env());
    try {
        launch::Request request = toRequest(info[0].As<Napi::Object>());
        (new LaunchWorker(deferred, std::move(request), std::move(underWay)))->Queue();
    } catch (const launch::SystemError &failure) {
        deferred.Reject(toError(info.Env(), failure).Value());
    } catch (const Napi::Error &error) {
        deferred.Reject(error.Value());
    }
    return deferred.Promise();
}

Napi::Value cpuTimes(const Napi::CallbackInfo &info) {
    Napi::Array result = Napi::Array::New(info.Env());
    for (const launch::CpuTimes &times : launch::allowedCpuTimes()) {
        Napi::Object entry = Napi::Object::New(info.Env());
        entry.Set("cpu", times.cpu);
        entry.Set("busyTicks", static_cast<double>(times.busyTicks));
        entry.Set("interruptTicks", static_cast<double>(times.interruptTicks));
        entry.Set("stealTicks", static_cast<double>(times.stealTicks));
        result.Set(result.Length(), entry);
    }
    return result;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
    const auto underWay = std::make_shared<Cancellations>();
    const auto launch = [underWay](const Napi::CallbackInfo &info) {
        return startLaunch(info, underWay);
    };
    const auto cancelAll = [underWay](const Napi::CallbackInfo &) {
        for (const auto &cancellation : *underWay)
            cancellation->request();
    };
    exports.Set("launch", Napi::Function::New(env, launch, "launch"));
    exports.Set("cancelAll", Napi::Function::New(env, cancelAll, "cancelAll"));
    exports.Set("cpuTimes", Napi::Function::New(env, cpuTimes, "cpuTimes"));
    return exports;
}

} // namespace

NODE_API_MODULE(addon, initialise)
