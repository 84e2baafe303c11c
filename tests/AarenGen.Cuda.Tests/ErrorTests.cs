using AarenGen.Cuda.Driver;
using AarenGen.Cuda.Interop;

namespace AarenGen.Cuda.Tests;

public sealed class ErrorTests
{
    [Theory]
    [InlineData(2, "smaller batches")]
    [InlineData(35, "update it")]
    [InlineData(100, "nvidia-smi")]
    [InlineData(209, "another architecture")]
    [InlineData(222, "update the driver")]
    [InlineData(700, "start the process anew")]
    [InlineData(719, "start the process anew")]
    [InlineData(900, "captured")]
    public void Common_errors_come_with_a_fix(int result, string expected) =>
        Assert.Contains(expected, DriverHints.For((DriverResult)result), StringComparison.Ordinal);

    [Theory]
    [InlineData(700, true)]
    [InlineData(719, true)]
    [InlineData(2, false)]
    [InlineData(1, false)]
    public void Errors_that_lose_the_device_are_distinguished(int result, bool expected) =>
        Assert.Equal(expected, new CudaException("cuStreamSynchronize", result, "", "").IsDeviceLost);

    [Theory]
    [InlineData("DriverApi.cuInit(0)", "cuInit")]
    [InlineData("DriverApi.cuMemAlloc_v2(out nint address, (nuint)bytes)", "cuMemAlloc_v2")]
    [InlineData("cuEventQuery", "cuEventQuery")]
    public void Entry_is_named_as_in_the_drivers_reference(string call, string expected) =>
        Assert.Equal(expected, CudaDriver.EntryOf(call));

    [Fact]
    public void Listing_devices_never_throws_and_says_why_there_are_none()
    {
        CudaDeviceQuery query = CudaDeviceInfo.Query();
        Assert.Equal(query.Devices.Count == 0, query.Status != CudaStatus.Available);
        Assert.Equal(query.Devices.Count == 0, query.Message.Length > 0);
    }
}
