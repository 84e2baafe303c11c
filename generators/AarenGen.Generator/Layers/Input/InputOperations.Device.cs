using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Layers.Shared;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Input;

internal sealed partial record ReadColumns
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(ReadColumns op) : DevicePart
    {
        private int Padded => (op.Output.Width + 3) / 4 * 4;

        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                w.Call("copy_columns", $"{op.Output.Width}, {op.Tokens.Stride}, {op.Column}, {op.Output.Stride}, 0", "pass", w.Value(op.Tokens), w.Value(op.Output));
                if (Padded > op.Output.Width)
                {
                    w.Call("clear_columns", $"{op.Output.Stride}, {op.Output.Width}, {Padded}", "pass", w.Value(op.Output));
                }
            });

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            layer.Add(op.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                TokenGradients.SkipUnlessWanted(w);
                if (accumulates[0])
                {
                    w.Call("add_columns", $"{op.Output.Width}, {op.Output.Stride}, {op.Tokens.Stride}, {op.Column}", "pass", w.Gradient(gradient), w.Gradient(op.Tokens));
                    return;
                }
                int end = op.Column + op.Output.Width, all = (op.Tokens.Width + 3) / 4 * 4;
                w.Call("copy_columns", $"{op.Output.Width}, {op.Output.Stride}, 0, {op.Tokens.Stride}, {op.Column}", "pass", w.Gradient(gradient), w.Gradient(op.Tokens));
                if (op.Column > 0)
                {
                    w.Call("clear_columns", $"{op.Tokens.Stride}, 0, {op.Column}", "pass", w.Gradient(op.Tokens));
                }
                if (end < all)
                {
                    w.Call("clear_columns", $"{op.Tokens.Stride}, {end}, {all}", "pass", w.Gradient(op.Tokens));
                }
            });
        }
    }
}

internal sealed partial record EncodeTime
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(EncodeTime op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", LaunchShape.OfRows(64), 256, ["Sinusoids"],
            w => w.Call(
                "encode_times", $"{op.Output.Width}, {op.Output.Stride}, {op.Tokens.Stride}, {op.Column}", "pass",
                (Math.Log(op.LongestPeriod) / Math.Log(2)).ToString("R", CultureInfo.InvariantCulture), w.Value(op.Tokens), w.Value(op.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
        }
    }
}

internal sealed partial record Join
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(Join op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                int offset = 0;
                foreach (Value piece in op.Pieces)
                {
                    w.Call("copy_columns", $"{piece.Width}, {piece.Stride}, 0, {op.Output.Stride}, {offset}", "pass", w.Value(piece), w.Value(op.Output));
                    offset += piece.Width;
                }
                ClearPadding(w, op.Output, w.Value(op.Output));
            });

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            layer.Add(op.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                int offset = 0;
                foreach (Value piece in op.Pieces)
                {
                    w.Call("copy_columns", $"{piece.Width}, {op.Output.Stride}, {offset}, {piece.Stride}, 0", "pass", w.Gradient(gradient), w.Gradient(piece));
                    ClearPadding(w, piece, w.Gradient(piece));
                    offset += piece.Width;
                }
            });
        }

        private static void ClearPadding(KernelWriter w, Value value, string rows)
        {
            if (value.Width % 4 != 0)
            {
                w.Call("clear_columns", $"{value.Stride}, {value.Width}, {(value.Width + 3) / 4 * 4}", "pass", rows);
            }
        }
    }
}

internal sealed partial record Sum
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(Sum op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                string sum = $"load4({w.Value(op.Pieces[0])} + at)";
                foreach (Value piece in op.Pieces.Skip(1))
                {
                    sum = $"add4({sum}, load4({w.Value(piece)} + at))";
                }
                string output = w.Value(op.Output);
                w.Line($"each_four<{op.Output.Stride}, {op.Output.Width}>(pass, [=](long long at) {{ store4({output} + at, {sum}); }});");
            });

        // The pieces' gradient is the output's own memory.
        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
        }
    }
}

internal sealed partial record BeginTokenGradient
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(BeginTokenGradient op) : DevicePart
    {
        public override void Forward(DeviceLayer layer)
        {
        }

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates) => layer.Add(
            "begin_token_gradient", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                TokenGradients.SkipUnlessWanted(w);
                w.Call("clear_columns", $"{op.Tokens.Stride}, 0, {(op.Tokens.Width + 3) / 4 * 4}", "pass", w.Gradient(op.Tokens));
            });
    }
}

/// <summary>The gradient by the tokens, which training itself has no use for.</summary>
internal static class TokenGradients
{
    public static void SkipUnlessWanted(KernelWriter w)
    {
        using (w.Open("if (!pass.settings->tokenGradients)"))
        {
            w.Line("return;");
        }
    }
}
