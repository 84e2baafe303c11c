namespace Control.Tests;

public sealed class EnvironmentCatalogTests
{
    [Fact]
    public void UnknownNameNamesTheKnown() => Assert.Equal(
        "There is no environment 'walker'; choose from cartpole, hopper, halfcheetah, walker2d, ant.",
        Assert.Throws<UserException>(static () => EnvironmentCatalog.Create("walker")).Message);

    [Fact]
    public void MissingMuJoCoNamesPackageVariableAndPaths()
    {
        string message = Assert.Throws<UserException>(
            static () => MuJoCoLibrary.Search("/nowhere/libmujoco.so", ["libno-mujoco.so"])).Message;
        Assert.Equal(
            "MuJoCo 2.2.2 is needed: install Debian's package libmujoco2.2.2, or let the environment variable AARENGEN_LIBMUJOCO name the "
                + "file; the environment cartpole needs neither. "
            + "Tried /nowhere/libmujoco.so of AARENGEN_LIBMUJOCO: no such file; libno-mujoco.so: does not load.",
            message);
    }

    [Fact]
    public void AnotherLibraryIsNoMuJoCo()
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains(
                "libc.so.6: another library, without mj_version",
                Assert.Throws<UserException>(static () => MuJoCoLibrary.Search(null, ["libc.so.6"])).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>On D4RL's scale: 0 is random, 100 the expert.</summary>
    [Theory]
    [InlineData("hopper", -20.272305, 0)]
    [InlineData("hopper", 3234.3, 100)]
    [InlineData("halfcheetah", (12135.0 - 280.178953) / 2, 50)]
    [InlineData("walker2d", 1.629008 + 0.25 * (4592.3 - 1.629008), 25)]
    [InlineData("ant", -325.6, 0)]
    [InlineData("cartpole", 500, 100)]
    public void ScoresAreNormalized(string name, double episodeReturn, double score) =>
        Assert.Equal(score, EnvironmentCatalog.Find(name).NormalizedScore(episodeReturn), 1e-9);
}
