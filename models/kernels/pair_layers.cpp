#include "models/kernels/pair_layers.h"

#include <algorithm>
#include <numeric>

#include "models/kernels/kernels.h"
#include "models/kernels/panels.h"
#include "models/kernels/tasks.h"

namespace marquee::models {

namespace {

constexpr int64_t kTitles = 48;  // of a block: hidden layers in the first or second cache
constexpr int64_t kUsers = 16;   // of a task
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

Rows rows_of(Buffer& buffer, const Network& net, int64_t rows, int64_t columns) {
  return {buffer.data(), net.stride, rows, padded(columns)};
}

// to = from [rows, inner] · panels
void multiply(const Buffer& from, const Panels& panels, int64_t inner, const Rows& to) {
  kernels().multiply({{from.data(), to.stride, 1},
                      panels.right(),
                      {to.at, to.stride},
                      to.rows,
                      inner,
                      to.columns,
                      false});
}

// The hidden layers of one user with a block of titles: [layers + 1][kTitles, stride].
class Block {
 public:
  explicit Block(const Network& net)
      : net_(net), hidden_(net.layers.size() + 1, Buffer(kTitles * net.stride)) {}

  void forward(int64_t user, int64_t first, int64_t count) {
    kernels().add_relu(rows_of(hidden_[0], net_, count, net_.p.width),
                       net_.titles.data() + first * net_.stride, net_.stride,
                       net_.users.data() + user * net_.stride);
    for (size_t n = 0; n < net_.layers.size(); ++n) {
      const Layer& layer = net_.layers[n];
      const Rows to = rows_of(hidden_[n + 1], net_, count, layer.out);
      multiply(hidden_[n], layer.forward, layer.in, to);
      kernels().add_relu(to, to.at, to.stride, layer.bias.data());
    }
  }

  void score(int64_t count, float* to) {
    kernels().dot_rows(to, rows_of(hidden_.back(), net_, count, net_.last), net_.out.data());
    for (int64_t t = 0; t < count; ++t) to[t] += net_.p.parameters[net_.out_at + net_.last];
  }

 protected:
  const Network& net_;
  std::vector<Buffer> hidden_;
};

// The same with gradients, and the sums of some users.
class BackwardBlock : public Block {
 public:
  explicit BackwardBlock(const Network& net)
      : Block(net),
        titles(net.p.title_count * net.stride),
        changes_(hidden_.size(), Buffer(kTitles * net.stride)),
        out_(padded(net.last)) {
    for (const Layer& layer : net.layers) {
      weights_.emplace_back(layer.out * net.stride);
      biases_.emplace_back(padded(layer.out));
    }
  }

  // gradient: [count] of the scores; to_user: [stride], added to.
  void add(int64_t user, int64_t first, int64_t count, const float* gradient, float* to_user) {
    forward(user, first, count);
    kernels().outer(rows_of(changes_.back(), net_, count, net_.last), gradient, net_.out.data());
    kernels().add_rows(out_.data(), rows_of(hidden_.back(), net_, count, net_.last), gradient);
    for (int64_t t = 0; t < count; ++t) out_bias_ += gradient[t];
    for (size_t n = net_.layers.size(); n-- > 0;) through(n, count);
    const Rows change = rows_of(changes_[0], net_, count, net_.p.width);
    kernels().relu_backward(change.at, hidden_[0].data(), count * net_.stride);
    kernels().add_rows(to_user, change, nullptr);
    kernels().add_scaled(titles.data() + first * net_.stride, change.at, 1, count * net_.stride);
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

  Buffer titles;  // [title_count, stride]

 private:
  // From what layer n gave to what it was given.
  void through(size_t n, int64_t count) {
    const Layer& layer = net_.layers[n];
    const Rows change = rows_of(changes_[n + 1], net_, count, layer.out);
    kernels().relu_backward(change.at, hidden_[n + 1].data(), count * net_.stride);
    kernels().add_rows(biases_[n].data(), change, nullptr);
    kernels().multiply({{change.at, 1, net_.stride},
                        {hidden_[n].data(), kPanelColumns, net_.stride},
                        {weights_[n].data(), net_.stride},
                        layer.out,
                        count,
                        padded(layer.in),
                        true});
    multiply(changes_[n + 1], layer.backward, layer.out,
             rows_of(changes_[n], net_, count, layer.in));
  }

  std::vector<Buffer> changes_;           // the gradients of hidden_
  std::vector<Buffer> weights_, biases_;  // of each layer: [out, stride], [out]
  Buffer out_;
  float out_bias_ = 0;
};

}  // namespace

void score_pairs(const PairLayers& layers, float* scores) {
  const Network net(layers);
  in_tasks(layers.user_count, kUsers, [&](int64_t begin, int64_t end) {
    Block block(net);
    for (int64_t user = begin; user < end; ++user) {
      for (int64_t first = 0; first < layers.title_count; first += kTitles) {
        const int64_t count = std::min(kTitles, layers.title_count - first);
        block.forward(user, first, count);
        block.score(count, scores + user * layers.title_count + first);
      }
    }
  });
}

void score_pairs_backward(const PairLayers& layers, const float* gradient,
                          const PairGradients& to) {
  const Network net(layers);
  const int64_t share = std::max<int64_t>(1, (layers.user_count + kParts - 1) / kParts);
  std::vector<BackwardBlock> parts(kParts, BackwardBlock(net));
  Buffer users(layers.user_count * net.stride);
  in_tasks(layers.user_count, share, [&](int64_t begin, int64_t end) {
    for (int64_t user = begin; user < end; ++user) {
      for (int64_t first = 0; first < layers.title_count; first += kTitles) {
        const int64_t count = std::min(kTitles, layers.title_count - first);
        parts[begin / share].add(user, first, count, gradient + user * layers.title_count + first,
                                 users.data() + user * net.stride);
      }
    }
  });
  Buffer titles(layers.title_count * net.stride);
  std::fill_n(to.parameters, net.parameters(), 0.0F);
  for (const BackwardBlock& part : parts) {
    kernels().add_scaled(titles.data(), part.titles.data(), 1, std::ssize(titles));
    part.add_parameters_to(to.parameters);
  }
  net.copy_back(users, layers.user_count, to.users);
  net.copy_back(titles, layers.title_count, to.titles);
}

}  // namespace marquee::models
