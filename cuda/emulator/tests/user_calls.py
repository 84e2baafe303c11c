"""A program in another language: plain ctypes, as PyCUDA and CuPy call the driver underneath."""
import ctypes
import math
import sys

cuda = ctypes.CDLL(sys.argv[1])
nvrtc = ctypes.CDLL(sys.argv[2])

SOURCE = rb"""
__constant__ float rates[4];   // rate, beta1, beta2, decay
extern "C" __global__ void adamw(float* w, const float* g, float* m, float* v, float epsilon, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    m[i] = rates[1] * m[i] + (1 - rates[1]) * g[i];
    v[i] = rates[2] * v[i] + (1 - rates[2]) * g[i] * g[i];
    w[i] -= rates[0] * (m[i] / (sqrtf(v[i]) + epsilon) + rates[3] * w[i]);
}
"""


def check(library, name, *arguments):
    code = getattr(library, name)(*arguments)
    assert code == 0, f"{name} returned {code}"


def compile_source(source):
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    check(nvrtc, "nvrtcCreateProgram", ctypes.byref(program), source, b"adamw.cu", 0, None, None)
    options = (ctypes.c_char_p * 1)(b"--gpu-architecture=compute_80")
    check(nvrtc, "nvrtcCompileProgram", program, 1, options)
    check(nvrtc, "nvrtcGetPTXSize", program, ctypes.byref(size))
    image = ctypes.create_string_buffer(size.value)
    check(nvrtc, "nvrtcGetPTX", program, image)
    check(nvrtc, "nvrtcDestroyProgram", ctypes.byref(program))
    return image


def upload(values):
    data = (ctypes.c_float * len(values))(*values)
    address = ctypes.c_uint64()
    check(cuda, "cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(ctypes.sizeof(data)))
    check(cuda, "cuMemcpyHtoD_v2", address, data, ctypes.c_size_t(ctypes.sizeof(data)))
    return address


def main():
    context, module, kernel = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    check(cuda, "cuInit", 0)
    check(cuda, "cuCtxCreate_v2", ctypes.byref(context), 0, 0)
    check(cuda, "cuModuleLoadData", ctypes.byref(module), compile_source(SOURCE))
    check(cuda, "cuModuleGetFunction", ctypes.byref(kernel), module, b"adamw")
    address, size = ctypes.c_uint64(), ctypes.c_size_t()
    check(cuda, "cuModuleGetGlobal_v2", ctypes.byref(address), ctypes.byref(size), module, b"rates")
    assert size.value == 16
    rates = (0.125, 0.75, 0.875, 0.0625)   # powers of two, so that float32 holds them and 1 minus them exactly
    check(cuda, "cuMemcpyHtoD_v2", address, (ctypes.c_float * 4)(*rates), size)

    n = 1000
    weights = [(i * 37 % 101) / 16 - 3 for i in range(n)]
    gradients = [(i * 53 % 97) / 32 - 1.5 for i in range(n)]
    buffers = [upload(values) for values in (weights, gradients, [0.0] * n, [0.0] * n)]
    epsilon, count = ctypes.c_float(2.0**-20), ctypes.c_int(n)
    pointers = [ctypes.addressof(value) for value in (*buffers, epsilon, count)]
    arguments = (ctypes.c_void_p * 6)(*pointers)
    check(cuda, "cuLaunchKernel", kernel, (n + 127) // 128, 1, 1, 128, 1, 1, 0, None, arguments, None)
    check(cuda, "cuCtxSynchronize")
    result = (ctypes.c_float * n)()
    check(cuda, "cuMemcpyDtoH_v2", result, buffers[0], ctypes.c_size_t(ctypes.sizeof(result)))
    for w, g, found in zip(weights, gradients, result):
        mean, square = (1 - rates[1]) * g, (1 - rates[2]) * g * g
        change = mean / (math.sqrt(square) + epsilon.value)
        exact = w - rates[0] * (change + rates[3] * w)
        # Ten roundings, none of a value above the sum of the sizes.
        bound = 10 * 2.0**-24 * (abs(w) + rates[0] * (abs(change) + rates[3] * abs(w)))
        assert abs(found - exact) <= bound, (w, g, found, exact)
    for buffer in buffers:
        check(cuda, "cuMemFree_v2", buffer)
    check(cuda, "cuModuleUnload", module)
    check(cuda, "cuCtxDestroy_v2", context)
    assert cuda.cuMemFree_v2(buffers[0]) == 201
    print("passed")


main()
