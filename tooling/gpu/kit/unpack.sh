# Sourced: unpacks the kit to $KIT ($SAENO_KIT, or a temporary folder that is removed at the end) and finds the Vulkan loader and driver.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -n "$SAENO_KIT" ]; then
  KIT=$SAENO_KIT
else
  KIT=$(mktemp -d) || return 1
  trap 'rm -rf "$KIT"' EXIT
fi
export KIT
if [ ! -x "$KIT/bin/node" ]; then
  mkdir -p "$KIT"
  python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$here/kit.tar.xz" "$KIT" 2>/dev/null || {
    echo "The kit could not be unpacked to $KIT: it takes python3 with lzma, and 200 MB." >&2
    return 1
  }
fi

# Libraries the kit brings are for machines that lack them.
export PATH=$PATH:/usr/sbin:/sbin
mkdir -p "$KIT/lacking"
for library in "$KIT"/lib/*; do
  name=$(basename "$library")
  ldconfig -p 2>/dev/null | grep -qF "$name " || cp "$library" "$KIT/lacking/"
done
export LD_LIBRARY_PATH=$KIT/lacking${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

if [ -z "$VK_DRIVER_FILES$VK_ICD_FILENAMES" ]; then
  for driver in /usr/share/vulkan/icd.d/nvidia_icd*.json /etc/vulkan/icd.d/nvidia_icd*.json \
    /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd*.json /usr/local/share/vulkan/icd.d/nvidia_icd*.json; do
    if [ -f "$driver" ]; then
      export VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver
      break
    fi
  done
fi
for vendor in /usr/share /etc /usr/local/nvidia/share /usr/local/share; do
  vendor=$vendor/glvnd/egl_vendor.d/10_nvidia.json
  [ -z "$__EGL_VENDOR_LIBRARY_FILENAMES" ] && [ -f "$vendor" ] && export __EGL_VENDOR_LIBRARY_FILENAMES=$vendor
done
export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$KIT}
echo "Vulkan driver: ${VK_DRIVER_FILES:-${VK_ICD_FILENAMES:-none of NVIDIA was found, whatever the loader finds}}" >&2
