using AarenGen.Kernels;

namespace AarenGen.Tests;

/// <summary>AdamW where numbers become too small for a normal float.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class OptimizerTests
{
    private const int Length = 32;
    private const float SmallestNormal = 1.17549435e-38f;

    private readonly float[] parameters = new float[Length], gradients = new float[Length], first = new float[Length],
        second = new float[Length];

    [Theory]
    [InlineData(0.9f, 0.99f)]
    [InlineData(0.99f, 0.9f)]
    [InlineData(0.5f, 0.999f)]
    public void Moments_of_parameters_without_gradients_end_at_0(float beta1, float beta2)
    {
        Array.Fill(gradients, 1);
        gradients[3] = -1;
        Step(beta1, beta2);
        Array.Clear(gradients);
        // Both moments lose at least a factor of 0.999 a step: from 1 to 2^-126 in 87,300.
        for (int step = 0; step < 90_000; step++)
        {
            Step(beta1, beta2);
            Assert.DoesNotContain(first, static m => float.IsSubnormal(m));
            Assert.DoesNotContain(second, static v => float.IsSubnormal(v));
        }
        Assert.All(first, static m => Assert.Equal(0, m));
        Assert.All(second, static v => Assert.Equal(0, v));
    }

    [Fact]
    public void A_moment_is_kept_down_to_the_smallest_normal_number()
    {
        Array.Fill(first, -4 * SmallestNormal);
        Array.Fill(second, 4 * SmallestNormal);
        Step(0.25f, 0.25f);
        Assert.All(first, static m => Assert.Equal(-SmallestNormal, m));
        Assert.All(second, static v => Assert.Equal(SmallestNormal, v));
        Step(0.25f, 0.25f);
        Assert.All(first, static m => Assert.Equal(0, m));
        Assert.All(second, static v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(1e-15f)]
    [InlineData(1e-19f)]
    [InlineData(1e-22f)]
    [InlineData(1e-30f)]
    public void Tiny_gradients_leave_no_denormal_second_moment(float gradient)
    {
        Array.Fill(parameters, 1);
        Array.Fill(gradients, gradient);
        for (int step = 0; step < 100; step++)
        {
            Step(0.9f, 0.999f);
            Assert.DoesNotContain(second, static v => float.IsSubnormal(v));
        }
        // (1 - β₂) g² of all steps, where it is a normal number.
        double square = (double)gradient * gradient, expected = square * 0.001 < SmallestNormal ? 0 : square * (1 - Math.Pow(0.999f, 100));
        Assert.All(second, v => Assert.Equal(expected, v, expected * 1e-4));
        Assert.All(first, m => Assert.Equal(gradient * (1 - Math.Pow(0.9f, 100)), m, gradient * 1e-5));
    }

    [Fact]
    public void A_NaN_moment_is_not_hidden()
    {
        first[5] = float.NaN;
        second[6] = float.PositiveInfinity;
        Step(0.9f, 0.999f);
        Assert.True(float.IsNaN(first[5]));
        Assert.True(float.IsPositiveInfinity(second[6]));
        Assert.True(float.IsNaN(parameters[5]));
    }

    private void Step(float beta1, float beta2) =>
        Optimizers.AdamW(parameters, gradients, first, second, 1, 1e-3f, beta1, beta2, 1e-8f, 0, 1, 1);
}
