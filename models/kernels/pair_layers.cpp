#include "models/kernels/pair_layers.h"

#include <algorithm>
#include <numeric>

#include "models/kernels/kernels.h"
#include "models/kernels/panels.h"
#include "models/kernels/tasks.h"

namespace marquee::models {

namespace {

constexpr int64_t kTitles = 48;  // of a block: what a layer takes and gives is in the first cache
constexpr int64_t kParts = 16;   // of the users, each with sums of its own

using Buffer = std::vector<float>;

// A layer as products take it. Widths are padded with 0, which relu leaves.
struct Layer {
  Layer(const float* parameters, int64_t inputs, int64_t outputs)
      : in(inputs),
        out(outputs),
        forward(Panels::of_transpose({parameters, inputs}, inputs, outputs)),
        backward(Panels::of({parameters, inputs}, outputs, inputs)),
        bias(padded(outputs)) {
    std::copy_n(parameters + in * out, out, bias.data());
  }
  int64_t parameters() const { return out * (in + 1); }
  int64_t in, out;
  Panels forward, backward;
  Buffer bias;
};

// Titles, users and hidden layers lie in rows of `stride`, padded with 0.
struct Network {
  explicit Network(const PairLayers& of)
      : p(of),
        stride(padded(of.width)),
        users(copy(of.users, of.user_count)),
        titles(copy(of.titles, of.title_count)) {
    const float* next = p.parameters;
    int64_t width = p.width;
    for (const int64_t narrower : p.widths) {
      layers.emplace_back(next, width, narrower);
      next += layers.back().parameters();
      width = narrower;
    }
    last = width;
    out.resize(padded(last));
    std::copy_n(next, last, out.data());
    out_at = next - p.parameters;
  }
  Buffer copy(const float* from, int64_t rows) const {
    Buffer to(rows * stride);
    for (int64_t row = 0; row < rows; ++row) {
      std::copy_n(from + row * p.width, p.width, to.data() + row * stride);
    }
    return to;
  }
  void copy_back(const Buffer& from, int64_t rows, float* to) const {
    for (int64_t row = 0; row < rows; ++row) {
      std::copy_n(from.data() + row * stride, p.width, to + row * p.width);
    }
  }
  int64_t parameters() const { return out_at + last + 1; }

  const PairLayers& p;
  int64_t stride;
  Buffer users, titles;
  std::vector<Layer> layers;
  int64_t last;    // width of the last hidden layer
  Buffer out;      // [padded(last)]
  int64_t out_at;  // where it begins among the parameters
};

// to = from [rows, inner] · panels
void multiply(const Rows& from, const Panels& panels, int64_t inner, const Rows& to) {
  kernels().multiply({{from.at, from.stride, 1},
                      panels.right(),
                      {to.at, to.stride},
                      to.rows,
                      inner,
                      to.columns,
                      false});
}

// The hidden layers of one user with all titles, the gradients, and the sums of some users.
class Part {
 public:
  explicit Part(const Network& net)
      : titles(net.p.title_count * net.stride),
        net_(net),
        hidden_(net.layers.size() + 1, Buffer(net.p.title_count * net.stride)),
        changes_(net.layers.size() + 1, Buffer(kTitles * net.stride)),
        out_(padded(net.last)) {
    for (const Layer& layer : net.layers) {
      weights_.emplace_back(layer.out * net.stride);
      biases_.emplace_back(padded(layer.out));
    }
  }

  // scores: [title_count]
  void forward(int64_t user, float* scores) {
    const float bias = net_.p.parameters[net_.out_at + net_.last];
    in_blocks([&](int64_t first, int64_t count) {
      kernels().add_relu(hidden(0, first, count, net_.p.width),
                         net_.titles.data() + first * net_.stride, net_.stride,
                         net_.users.data() + user * net_.stride);
      for (size_t n = 0; n < net_.layers.size(); ++n) {
        const Layer& layer = net_.layers[n];
        const Rows to = hidden(n + 1, first, count, layer.out);
        multiply(hidden(n, first, count, layer.in), layer.forward, layer.in, to);
        kernels().add_relu(to, to.at, to.stride, layer.bias.data());
      }
      kernels().dot_rows(scores + first, last_hidden(first, count), net_.out.data());
      for (int64_t title = first; title < first + count; ++title) scores[title] += bias;
    });
  }

  // After forward() of the same user. gradient: [title_count] of the scores; to_user: [stride],
  // added to.
  void backward(const float* gradient, float* to_user) {
    in_blocks([&](int64_t first, int64_t count) {
      kernels().outer(change(net_.layers.size(), count, net_.last), gradient + first,
                      net_.out.data());
      kernels().add_rows(out_.data(), last_hidden(first, count), gradient + first);
      for (int64_t title = first; title < first + count; ++title) out_bias_ += gradient[title];
      for (size_t n = net_.layers.size(); n-- > 0;) through(n, first, count);
      const Rows of_sum = change(0, count, net_.p.width);
      relu_backward(0, of_sum, first);
      kernels().add_rows(to_user, of_sum, nullptr);
      kernels().add_scaled(titles.data() + first * net_.stride, of_sum.at, 1, count * net_.stride);
    });
  }

  // to: [parameters], added to.
  void add_parameters_to(float* to) const {
    const auto add = [&](const Buffer& from, int64_t begin, int64_t count) {
      kernels().add_scaled(to, from.data() + begin, 1, count);
      to += count;
    };
    for (size_t n = 0; n < net_.layers.size(); ++n) {
      const Layer& layer = net_.layers[n];
      for (int64_t row = 0; row < layer.out; ++row) add(weights_[n], row * net_.stride, layer.in);
      add(biases_[n], 0, layer.out);
    }
    add(out_, 0, net_.last);
    *to += out_bias_;
  }

  Buffer titles;  // [title_count, stride]: the sum of their gradients

 private:
  template <typename Body>
  void in_blocks(const Body& body) const {
    for (int64_t first = 0; first < net_.p.title_count; first += kTitles) {
      body(first, std::min(kTitles, net_.p.title_count - first));
    }
  }

  Rows hidden(size_t n, int64_t first, int64_t count, int64_t width) {
    return {hidden_[n].data() + first * net_.stride, net_.stride, count, padded(width)};
  }
  Rows last_hidden(int64_t first, int64_t count) {
    return hidden(net_.layers.size(), first, count, net_.last);
  }
  Rows change(size_t n, int64_t count, int64_t width) {
    return {changes_[n].data(), net_.stride, count, padded(width)};
  }

  void relu_backward(size_t n, const Rows& of_hidden, int64_t first) {
    kernels().relu_backward(of_hidden.at, hidden_[n].data() + first * net_.stride,
                            of_hidden.rows * net_.stride);
  }

  // From what layer n gave to what it was given.
  void through(size_t n, int64_t first, int64_t count) {
    const Layer& layer = net_.layers[n];
    const Rows given = change(n + 1, count, layer.out);
    relu_backward(n + 1, given, first);
    kernels().add_rows(biases_[n].data(), given, nullptr);
    kernels().multiply({{given.at, 1, net_.stride},
                        {hidden_[n].data() + first * net_.stride, kPanelColumns, net_.stride},
                        {weights_[n].data(), net_.stride},
                        layer.out,
                        count,
                        padded(layer.in),
                        true});
    multiply(given, layer.backward, layer.out, change(n, count, layer.in));
  }

  const Network& net_;
  std::vector<Buffer> hidden_;            // [layers + 1][title_count, stride]
  std::vector<Buffer> changes_;           // their gradients, of a block: [kTitles, stride]
  std::vector<Buffer> weights_, biases_;  // of each layer: [out, stride], [out]
  Buffer out_;
  float out_bias_ = 0;
};

}  // namespace

double pair_losses(const PairLayers& layers, const LossOfUser& loss, const PairGradients& to) {
  const Network net(layers);
  const int64_t share = std::max<int64_t>(1, (layers.user_count + kParts - 1) / kParts);
  std::vector<Part> parts(kParts, Part(net));
  std::vector<double> losses(layers.user_count);
  Buffer users(layers.user_count * net.stride);
  in_tasks(layers.user_count, share, [&](int64_t begin, int64_t end) {
    Part& part = parts[begin / share];
    Buffer scores(layers.title_count);
    for (int64_t user = begin; user < end; ++user) {
      part.forward(user, scores.data());
      losses[user] = loss(user, scores.data());
      part.backward(scores.data(), users.data() + user * net.stride);
    }
  });
  Buffer titles(layers.title_count * net.stride);
  std::fill_n(to.parameters, net.parameters(), 0.0F);
  for (const Part& part : parts) {
    kernels().add_scaled(titles.data(), part.titles.data(), 1, std::ssize(titles));
    part.add_parameters_to(to.parameters);
  }
  net.copy_back(users, layers.user_count, to.users);
  net.copy_back(titles, layers.title_count, to.titles);
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

}  // namespace marquee::models
