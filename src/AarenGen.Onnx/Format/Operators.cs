namespace AarenGen.Onnx.Format;

/// <summary>The operators that translations use, as methods. Sizes and axes are constants; inputs broadcast as in NumPy.</summary>
internal static class Operators
{
    /// <summary>The end of an axis, for slices.</summary>
    public const long End = long.MaxValue;

    extension(GraphBuilder g)
    {
        public Tensor Add(Tensor a, Tensor b) => g.Node("Add", a.Type, [a, b]);

        public Tensor Subtract(Tensor a, Tensor b) => g.Node("Sub", a.Type, [a, b]);

        public Tensor Multiply(Tensor a, Tensor b) => g.Node("Mul", a.Type, [a, b]);

        public Tensor Divide(Tensor a, Tensor b) => g.Node("Div", a.Type, [a, b]);

        public Tensor Max(Tensor a, Tensor b) => g.Node("Max", a.Type, [a, b]);

        public Tensor Min(Tensor a, Tensor b) => g.Node("Min", a.Type, [a, b]);

        /// <summary>The remainder of whole numbers from 0 on.</summary>
        public Tensor Remainder(Tensor a, Tensor b) => g.Node("Mod", a.Type, [a, b]);

        public Tensor Add(Tensor a, double b) => g.Add(a, g.Scalar(a.Type, b));

        public Tensor Subtract(Tensor a, double b) => g.Subtract(a, g.Scalar(a.Type, b));

        public Tensor Multiply(Tensor a, double b) => g.Multiply(a, g.Scalar(a.Type, b));

        public Tensor Divide(Tensor a, double b) => g.Divide(a, g.Scalar(a.Type, b));

        public Tensor Max(Tensor a, double b) => g.Max(a, g.Scalar(a.Type, b));

        public Tensor Min(Tensor a, double b) => g.Min(a, g.Scalar(a.Type, b));

        public Tensor Remainder(Tensor a, double b) => g.Remainder(a, g.Scalar(a.Type, b));

        /// <summary>A function of each element: an operator with one input and no attribute.</summary>
        public Tensor Apply(string function, Tensor x) => g.Node(function, x.Type, [x]);

        public Tensor Exp(Tensor x) => g.Apply("Exp", x);

        public Tensor Negate(Tensor x) => g.Apply("Neg", x);

        public Tensor Not(Tensor x) => g.Apply("Not", x);

        public Tensor And(Tensor a, Tensor b) => g.Node("And", ElementType.Bool, [a, b]);

        public Tensor Equal(Tensor a, double b) => g.Node("Equal", ElementType.Bool, [a, g.Scalar(a.Type, b)]);

        public Tensor Less(Tensor a, Tensor b) => g.Node("Less", ElementType.Bool, [a, b]);

        public Tensor AtLeast(Tensor a, double b) => g.AtLeast(a, g.Scalar(a.Type, b));

        public Tensor AtLeast(Tensor a, Tensor b) => g.Node("GreaterOrEqual", ElementType.Bool, [a, b]);

        public Tensor Above(Tensor a, double b) => g.Node("Greater", ElementType.Bool, [a, g.Scalar(a.Type, b)]);

        public Tensor IsNaN(Tensor x) => g.Node("IsNaN", ElementType.Bool, [x]);

        /// <summary>a where a condition holds, else b.</summary>
        public Tensor Where(Tensor condition, Tensor a, Tensor b) => g.Node("Where", a.Type, [condition, a, b]);

        public Tensor Where(Tensor condition, Tensor a, double b) => g.Where(condition, a, g.Scalar(a.Type, b));

        public Tensor Cast(Tensor x, ElementType type) =>
            x.Type == type ? x : g.Node("Cast", type, [x], new NodeAttribute("to", (long)type));

        public Tensor MatMul(Tensor a, Tensor b) => g.Node("MatMul", a.Type, [a, b]);

        /// <summary>Another shape; 0 keeps the size at its place, and -1 takes what remains.</summary>
        public Tensor Reshape(Tensor x, params long[] shape) => g.Node("Reshape", x.Type, [x, g.Integers(shape)]);

        public Tensor Transpose(Tensor x, params long[] order) => g.Node("Transpose", x.Type, [x], new NodeAttribute("perm", order));

        public Tensor Unsqueeze(Tensor x, long axis) => g.Node("Unsqueeze", x.Type, [x, g.Integers(axis)]);

        public Tensor Concat(long axis, params ReadOnlySpan<Tensor> parts) =>
            parts.Length == 1 ? parts[0] : g.Node("Concat", parts[0].Type, parts, new NodeAttribute("axis", axis));

        /// <summary>Part of an axis; negative places count from its end.</summary>
        public Tensor Slice(Tensor x, long axis, long start, long end) =>
            g.Node("Slice", x.Type, [x, g.Integers(start), g.Integers(end), g.Integers(axis)]);

        public Tensor Gather(Tensor x, Tensor indices, long axis) =>
            g.Node("Gather", x.Type, [x, indices], new NodeAttribute("axis", axis));

        /// <summary>The sum along an axis, which stays with the size 1.</summary>
        public Tensor ReduceSum(Tensor x, long axis) => g.Node("ReduceSum", x.Type, [x, g.Integers(axis)]);

        public Tensor Softmax(Tensor x) => g.Node("Softmax", x.Type, [x], new NodeAttribute("axis", -1L));

        /// <summary>0, 1, 2 up to a limit, which is a tensor without dimensions.</summary>
        public Tensor Range(Tensor limit) =>
            g.Node("Range", limit.Type, [g.Scalar(limit.Type, 0), limit, g.Scalar(limit.Type, 1)]);

        /// <summary>Zeros (false) of a batch: its size, a list of one number, and the further ones.</summary>
        public Tensor Zeros(ElementType type, Tensor batch, params long[] shape) => g.Node(
            "ConstantOfShape", type, [g.Concat(0, batch, g.Integers(shape))], GraphBuilder.Element("value", type, 0));

        /// <summary>1 / (1 + e^−x) of doubles.</summary>
        public Tensor Logistic(Tensor x) => g.Divide(g.Scalar(x.Type, 1), g.Add(g.Exp(g.Negate(x)), 1));

        /// <summary>ln(1 + e^x) of doubles, without overflow.</summary>
        public Tensor Softplus(Tensor x) =>
            g.Add(g.Max(x, 0), g.Apply("Log", g.Add(g.Exp(g.Negate(g.Apply("Abs", x))), 1)));
    }
}
